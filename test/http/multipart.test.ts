import { randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import knexPackage from 'knex';
import {
  createMaskUploadMaintenance,
  type FileToSign,
  type PendingUpload,
  type SignedMultipart,
  type SignedPart,
  type Storage,
  StorageError,
} from '../../src/index.js';
import { type ApiAnswer, type HostOptions, newGroup, put, sha256, startHost, type TestHost } from '../support/host.js';
import { png } from '../support/png.js';
import { s3Cannot } from '../support/s3.js';
import { waitFor } from '../support/wait.js';

const MiB = 2 ** 20;
const THRESHOLD = 5 * MiB;

/** An uncompressed NIfTI volume: four parts at this threshold, the last one shorter. */
function volume(size = 17 * MiB): Buffer {
  const bytes = randomBytes(size);
  bytes.writeInt32LE(348, 0);
  bytes.write('n+1\0', 344, 'latin1');
  return bytes;
}

function expectProblem(answer: ApiAnswer, status: number, code: string, path?: string): void {
  expect([answer.status, answer.body?.code], JSON.stringify(answer.body)).to.deep.equal([status, code]);
  if (path !== undefined) expect(answer.body.errors.map((error: { path: string }) => error.path)).to.include(path);
}

const partsPath = (group: string, { upload_id }: { upload_id: string }) => `${group}/uploads/${upload_id}/signed-url`;

const complete = (on: TestHost, group: string, ...uploaded_files: string[]) =>
  on.api('POST', `${group}/complete`, { uploaded_files });

async function sign(host: TestHost, group: string, bytes: Buffer, more: Partial<FileToSign> = {}) {
  const file = { mime_type: 'application/x-nifti', filename: 'liver.nii', file_size: bytes.length, ...more };
  const { status, body } = await host.api('POST', `${group}/signed-url`, file);
  expect(status, JSON.stringify(body)).to.equal(200);
  return body as SignedMultipart;
}

async function signParts(host: TestHost, group: string, upload: { upload_id: string }, ...part_numbers: number[]) {
  const { status, body } = await host.api('POST', partsPath(group, upload), { part_numbers });
  expect(status, JSON.stringify(body)).to.equal(200);
  return body.parts as SignedPart[];
}

async function putPart(part: SignedPart, file: Buffer): Promise<number> {
  const { method, upload_url, headers, offset, length } = part;
  const body = file.subarray(offset, offset + length);
  const answer = await fetch(upload_url, { method, headers, body: body as never });
  await answer.arrayBuffer();
  return answer.status;
}

/** Signs and sends these parts. */
async function send(host: TestHost, group: string, upload: { upload_id: string }, file: Buffer, ...numbers: number[]) {
  for (const part of await signParts(host, group, upload, ...numbers)) expect(await putPart(part, file)).to.equal(200);
}

const pendingOf = async (host: TestHost, group: string): Promise<PendingUpload[]> =>
  (await host.api('GET', `${group}/uploads`)).body.uploads;

async function unfinished(storage: Storage): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of storage.listMultiparts('')) keys.push(key);
  return keys;
}

for (const store of ['s3', 'filesystem'] as const) {
  describe(`a file in parts on ${store}`, () => {
    let host: TestHost;
    let group: string;
    const others: TestHost[] = [];

    before(async function () {
      if (store === 's3' && s3Cannot('multipart')) this.skip();
      host = await startHost({
        store,
        router: { maintenance: false, multipartThresholdBytes: THRESHOLD, deletionGraceSeconds: 0 },
      });
    });
    beforeEach(async () => {
      group = await newGroup(host);
    });
    afterEach(async () => {
      for (const other of others.splice(0)) await other.close();
      await host.knex('annotation_mask_group').delete();
      await letUrlsDie('annotation_mask_deletion');
      await sweep();
      await expectOnlyMasks();
    });
    after(() => host?.close());

    /** Another process on the same database and store. */
    async function another(storage: Partial<Storage> = {}, options: HostOptions = {}): Promise<TestHost> {
      const other = await startHost({
        database: host.database,
        prepared: true,
        storage: { ...host.storage, ...storage },
        ...options,
        router: { maintenance: false, multipartThresholdBytes: THRESHOLD, ...options.router },
      });
      others.push(other);
      return other;
    }

    /** One whole run of the upkeep, with nothing left of what it had to do. */
    async function sweep(storage: Storage = host.storage) {
      const options = { knex: host.knex, storage, deletionGraceSeconds: 0, onEvent: () => {} };
      return createMaskUploadMaintenance(options).sweep();
    }

    /** All dead: nothing that was signed can be sent any more. */
    const letUrlsDie = (table: 'annotation_mask_upload' | 'annotation_mask_deletion') =>
      host.knex(table).update({ put_expires_at: host.knex.raw('now()') });

    /** That the store holds nothing but recorded masks, of which `count` are left: no part, no empty folder. */
    async function expectOnlyMasks(count = 0): Promise<void> {
      const masks = await host.knex('annotation_mask').select('file_path');
      expect(masks).to.have.length(count);
      expect(await host.keys()).to.deep.equal(masks.map(({ file_path }) => file_path).sort());
      expect(await unfinished(host.storage)).to.deep.equal([]);
      if (!host.folder) return;
      expect(await readdir(`${host.folder}/.tmp`)).to.deep.equal([]);
      expect(await readdir(`${host.folder}/.multipart`)).to.deep.equal([]);
    }

    it('is signed part by part, sent in any order, resumed, put together, verified and downloaded', async () => {
      const file = volume();
      const upload = await sign(host, group, file);
      expect(upload).to.have.all.keys('upload_id', 'file_path', 'multipart', 'expires_in', 'expires_at');
      expect(upload.multipart).to.deep.equal({ part_size: 5 * MiB, part_count: 4 });
      const [fresh] = await pendingOf(host, group);
      expect(fresh).to.deep.include({ status: 'pending', received_size: null });
      expect(fresh?.multipart).to.deep.equal({ ...upload.multipart, received_parts: [] });

      const answer = await host.api('POST', partsPath(group, upload), { part_numbers: [4, 1], ttl_seconds: 60 });
      const [fourth, first] = answer.body.parts as [SignedPart, SignedPart];
      expect([fourth.part_number, fourth.offset, fourth.length]).to.deep.equal([4, 15 * MiB, 2 * MiB]);
      expect([first.part_number, first.offset, first.length]).to.deep.equal([1, 0, 5 * MiB]);
      expect(answer.body.expires_in).to.equal(60);
      expect(Date.parse(answer.body.expires_at) - Date.now()).to.be.within(50_000, 61_000);
      expect(answer.headers.get('cache-control')).to.equal('no-store');
      expect(fourth.upload_url).not.to.match(/crc32|AAAAAA/i);
      for (const part of [fourth, first, first]) expect(await putPart(part, file)).to.equal(200);

      const early = await complete(host, group, upload.upload_id);
      expectProblem(early, 409, 'upload-missing', '/uploaded_files/0');
      expect(early.body.errors[0].message).to.match(/^2 of its 4 parts are missing/);
      expect(await host.keys()).to.deep.equal([]);

      const [halfway] = await pendingOf(host, group);
      expect(halfway).to.deep.include({ status: 'pending', received_size: 7 * MiB });
      expect(halfway?.multipart?.received_parts).to.deep.equal([
        [1, 1],
        [4, 4],
      ]);
      await send(host, group, upload, file, 3);
      const [almost] = await pendingOf(host, group);
      expect(almost?.multipart?.received_parts).to.deep.equal([
        [1, 1],
        [3, 4],
      ]);
      const last = await complete(host, group, upload.upload_id);
      expect(last.body.detail).to.match(/^1 of its 4 parts is missing/);
      await send(host, group, upload, file, 2);
      const [all] = await pendingOf(host, group);
      expect(all).to.deep.include({ status: 'received', received_size: file.length });
      expect(all?.multipart?.received_parts).to.deep.equal([[1, 4]]);

      const completed = await complete(host, group, upload.file_path);
      expect(completed.status, JSON.stringify(completed.body)).to.equal(200);
      const [mask] = completed.body.masks;
      expect(mask).to.deep.include({ file_path: upload.file_path, file_size: file.length, checksum: sha256(file) });
      expect((await complete(host, group, upload.upload_id)).body).to.deep.equal(completed.body);
      expect(await pendingOf(host, group)).to.deep.equal([]);
      const { body } = await host.api('POST', `/annotations/1/masks/${mask.id}/download-url`);
      const downloaded = await fetch(body.download_url);
      expect(downloaded.headers.get('content-type')).to.equal('application/x-nifti');
      expect(sha256(Buffer.from(await downloaded.arrayBuffer()))).to.equal(sha256(file));
      await expectOnlyMasks(1);
    });

    it('is one PUT up to the threshold, and cut above it', async () => {
      const { body } = await host.api('POST', `${group}/signed-urls`, {
        files: [THRESHOLD, THRESHOLD + 1, 16 * 2 ** 30].map((file_size) => ({
          mime_type: 'application/x-nifti',
          filename: 'liver.nii',
          file_size,
        })),
      });
      expect(body.uploads[0]).to.include.keys('upload_url', 'method', 'headers').and.not.include.keys('multipart');
      expect(body.uploads[1].multipart).to.deep.equal({ part_size: 5 * MiB, part_count: 2 });
      expect(body.uploads[2].multipart).to.deep.equal({ part_size: 5 * MiB, part_count: 3277 });
      const tooLarge = { mime_type: 'application/x-nifti', file_size: 16 * 2 ** 30 + 1 };
      expectProblem(await host.api('POST', `${group}/signed-url`, tooLarge), 413, 'file-too-large', '/file_size');
    });

    it('keeps its encoding', async () => {
      const plain = volume(12 * MiB);
      const file = gzipSync(plain, { level: 0 });
      const upload = await sign(host, group, file, { content_encoding: 'gzip' });
      await send(host, group, upload, file, 1, 2, 3);
      const { status, body } = await complete(host, group, upload.upload_id);
      expect(status, JSON.stringify(body)).to.equal(200);
      const signed = await host.api('POST', `/annotations/1/masks/${body.masks[0].id}/download-url`);
      const downloaded = await fetch(signed.body.download_url);
      expect(downloaded.headers.get('content-encoding')).to.equal('gzip');
      expect(sha256(Buffer.from(await downloaded.arrayBuffer()))).to.equal(sha256(plain));
    });

    it('is rejected, and gone, when it is not what was promised', async () => {
      const file = volume(6 * MiB);
      const upload = await sign(host, group, file, { checksum: sha256(volume(6 * MiB)) });
      await send(host, group, upload, file, 1, 2);
      for (let repeat = 0; repeat < 2; repeat++) {
        expectProblem(await complete(host, group, upload.upload_id), 409, 'checksum-mismatch');
      }
      const [rejected] = await pendingOf(host, group);
      expect(rejected).to.deep.include({ status: 'rejected', rejected_code: 'checksum-mismatch', received_size: null });
      expect(rejected?.multipart?.received_parts).to.deep.equal([]);
      const [queued] = await host.knex('annotation_mask_deletion').where({ file_path: upload.file_path });
      expect(queued).to.include({ multipart: true });
      const again = await host.api('POST', partsPath(group, upload), { part_numbers: [1] });
      expectProblem(again, 409, 'upload-rejected');
      await waitFor(async () => (await host.keys()).length === 0, { message: 'the object to go' });
    });

    it('says what is wrong with the part numbers', async () => {
      const upload = await sign(host, group, volume());
      const single = await host.api('POST', `${group}/signed-url`, { mime_type: 'image/png', file_size: 10 });
      const renew = (body: object | undefined, of: { upload_id: string } = upload) =>
        host.api('POST', partsPath(group, of), body);
      for (const body of [undefined, {}, { part_numbers: null }, { ttl_seconds: 60 }]) {
        const answer = await renew(body);
        expectProblem(answer, 400, 'invalid-request', '/part_numbers');
        expect(answer.body.detail).to.match(/uploaded in parts, 1 to 4/);
      }
      const unwanted = await renew({ part_numbers: [1] }, single.body);
      expectProblem(unwanted, 400, 'invalid-request', '/part_numbers');
      expect(unwanted.body.detail).to.match(/leave it out/);
      expect((await renew({ part_numbers: null }, single.body)).status).to.equal(200);
      for (const [part_numbers, path] of [
        [[], '/part_numbers'],
        [[1, 5], '/part_numbers/1'],
        [[0], '/part_numbers/0'],
        [[-1], '/part_numbers/0'],
        [[2, 10_001], '/part_numbers/1'],
        [[1.5], '/part_numbers/0'],
        [['1'], '/part_numbers/0'],
        [[1, 2, 1], '/part_numbers/2'],
        [Array.from({ length: 1001 }, (_, index) => index + 1), '/part_numbers'],
        ['1', '/part_numbers'],
      ] as const) {
        expectProblem(await renew({ part_numbers }), 400, 'invalid-request', path);
      }
      // none of that has started anything
      expect(await unfinished(host.storage)).to.deep.equal([]);
      expectProblem(await host.api('POST', partsPath(group, { upload_id: 'x' }), {}), 404, 'upload-not-found');
    });

    it('is one upload of the store, however many sign its first parts at the same time', async () => {
      const file = volume(12 * MiB);
      const upload = await sign(host, group, file);
      const other = await another();
      const signed = await Promise.all(
        Array.from({ length: 8 }, (_, turn) => signParts(turn % 2 ? host : other, group, upload, (turn % 3) + 1)),
      );
      expect(await unfinished(host.storage)).to.deep.equal([upload.file_path]);
      for (const [part] of signed) expect(part && (await putPart(part, file))).to.equal(200);
      expect((await complete(other, group, upload.upload_id)).body.masks[0].checksum).to.equal(sha256(file));
    });

    it('is started in the store without holding a connection', async () => {
      const upload = await sign(host, group, volume());
      let open = () => {};
      const gate = new Promise<void>((resolve) => {
        open = resolve;
      });
      let waiting = 0;
      const { connectionString: connection } = host.database;
      const small = knexPackage({ client: 'pg', connection, pool: { min: 0, max: 1 } });
      const startMultipart: Storage['startMultipart'] = async (...args) => {
        waiting++;
        await gate;
        return host.storage.startMultipart(...args);
      };
      const slow = await another({ startMultipart }, { knex: small });
      try {
        const signing = signParts(slow, group, upload, 1);
        await waitFor(() => waiting === 1, { message: 'the store to be asked' });
        expect((await slow.api('GET', group)).status).to.equal(200);
        open();
        expect(await signing).to.have.length(1);
      } finally {
        open();
        await small.destroy();
      }
    });

    it('is ended in the store when nobody completes it, with every part', async () => {
      const file = volume();
      const upload = await sign(host, group, file);
      await send(host, group, upload, file, 1, 4);
      expect(await unfinished(host.storage)).to.deep.equal([upload.file_path]);
      await letUrlsDie('annotation_mask_upload');
      await host.knex('annotation_mask_upload').update({ expires_at: host.knex.raw('now()') });
      expect(await sweep()).to.deep.equal({ expiredUploads: 1, deletedObjects: 1, failedDeletions: 0 });
      await expectOnlyMasks();
      expect(await host.knex('annotation_mask_deletion')).to.deep.equal([]);
    });

    it('is ended once more when no URL of it can be alive any longer', async () => {
      const file = volume();
      const upload = await sign(host, group, file);
      await send(host, group, upload, file, 1);
      await host.knex('annotation_mask_group').delete();
      await sweep();
      expect(await unfinished(host.storage)).to.deep.equal([]);
      // as if a process had been on the way to start it, and died there
      await host.storage.startMultipart(upload.file_path as never, { contentType: 'application/x-nifti' });
      const queued = await host.knex('annotation_mask_deletion').where({ file_path: upload.file_path });
      expect(queued).to.have.length(1);
      await letUrlsDie('annotation_mask_deletion');
      await host.knex('annotation_mask_deletion').update({ not_before: host.knex.raw('now()') });
      await sweep();
      await expectOnlyMasks();
      expect(await host.knex('annotation_mask_deletion')).to.deep.equal([]);
    });

    it('is ended when it is given up half-way, and takes no part after that', async () => {
      const file = volume();
      const upload = await sign(host, group, file);
      await send(host, group, upload, file, 1);
      const [part] = await signParts(host, group, upload, 2);
      expect((await host.api('DELETE', `${group}/uploads/${upload.upload_id}`)).status).to.equal(204);
      await waitFor(async () => (await unfinished(host.storage)).length === 0, { message: 'the parts to go' });
      expect(part && (await putPart(part, file))).to.be.within(400, 499);
      expectProblem(await host.api('POST', partsPath(group, upload), { part_numbers: [2] }), 404, 'upload-not-found');
      await expectOnlyMasks();
    });

    for (const [how, sql] of [
      ['its annotation is deleted', 'delete from annotation_annotation where id = 2'],
      ['the pending uploads are truncated', 'truncate annotation_mask_upload'],
    ] as const) {
      it(`is ended when ${how} in SQL half-way`, async () => {
        const file = volume();
        const other = await newGroup(host, {}, 2);
        const upload = await sign(host, other, file);
        await send(host, other, upload, file, 2, 3);
        await host.knex.raw(sql);
        await host.knex.raw('insert into annotation_annotation (id) values (2) on conflict do nothing');
        await letUrlsDie('annotation_mask_deletion');
        await sweep();
        await expectOnlyMasks();
      });
    }

    it('stays queued until the store has ended it', async () => {
      const file = volume();
      const upload = await sign(host, group, file);
      await send(host, group, upload, file, 1);
      await host.knex('annotation_mask_group').delete();
      await letUrlsDie('annotation_mask_deletion');
      const abortMultipart: Storage['abortMultipart'] = async () => {
        throw new StorageError('unavailable', 'not now');
      };
      const { failedDeletions, deletedObjects } = await sweep({ ...host.storage, abortMultipart });
      expect([failedDeletions, deletedObjects]).to.deep.equal([1, 0]);
      const [row] = await host.knex('annotation_mask_deletion').where({ file_path: upload.file_path });
      expect(row).to.include({ multipart: true, attempts: 1 });
      expect(await unfinished(host.storage)).to.deep.equal([upload.file_path]);
      await host.knex('annotation_mask_deletion').update({ not_before: host.knex.raw('now()') });
      await sweep();
      await expectOnlyMasks();
    });

    it('is put together once when two processes complete it at the same time, again and again', async () => {
      const file = volume();
      const upload = await sign(host, group, file);
      await send(host, group, upload, file, 1, 2, 3, 4);
      let completions = 0;
      let open = () => {};
      const gate = new Promise<void>((resolve) => {
        open = resolve;
      });
      const completeMultipart: Storage['completeMultipart'] = async (...args) => {
        completions++;
        await gate;
        return host.storage.completeMultipart(...args);
      };
      const limits = { router: { verifyTimeoutSeconds: 0.5 } };
      const [one, two] = [await another({ completeMultipart }, limits), await another({ completeMultipart }, limits)];
      const early = await Promise.all([one, two, one].map((on) => complete(on, group, upload.upload_id)));
      for (const answer of early) expectProblem(answer, 503, 'verification-in-progress');
      expect(completions).to.equal(1);
      open();
      const completed = await Promise.all(
        [one, two].map((on) =>
          waitFor(async () => {
            const answer = await complete(on, group, upload.upload_id);
            return answer.status !== 503 && answer;
          }),
        ),
      );
      for (const { status, body } of completed) {
        expect(status, JSON.stringify(body)).to.equal(200);
        expect(body).to.deep.equal(completed[0]?.body);
      }
      expect(completed[0]?.body.masks[0].checksum).to.equal(sha256(file));
      expect(completions).to.equal(1);
      await expectOnlyMasks(1);
    });

    for (const [code, status] of [
      ['unavailable', 503],
      ['no-such-upload', 200],
    ] as const) {
      it(`is complete when the store did it and its answer was lost, or said ${code}`, async () => {
        const file = volume();
        const upload = await sign(host, group, file);
        await send(host, group, upload, file, 1, 2, 3, 4);
        let completions = 0;
        const forgetful = await another({
          async completeMultipart(...args) {
            completions++;
            await host.storage.completeMultipart(...args);
            throw new StorageError(code, 'the answer was lost');
          },
        });
        expect((await complete(forgetful, group, upload.upload_id)).status).to.equal(status);
        if (status === 503) {
          const [left] = await pendingOf(host, group);
          expect(left).to.deep.include({ status: 'received', received_size: file.length });
          expect(left?.multipart?.received_parts).to.deep.equal([[1, 4]]);
          // what is late is refused, and the client finds that it can complete
          const [part] = await signParts(host, group, upload, 2);
          expect(part && (await putPart(part, file))).to.be.oneOf([404, 412]);
        }
        const { body } = await complete(forgetful, group, upload.upload_id);
        expect(body.masks[0].checksum).to.equal(sha256(file));
        expect(completions).to.equal(1);
        await expectOnlyMasks(1);
      });
    }

    it('leaves no object behind that the store makes when the upload is deleted already', async () => {
      const file = volume(6 * MiB);
      const upload = await sign(host, group, file);
      await send(host, group, upload, file, 1, 2);
      // long after the last URL died, so that nothing but the work under way keeps the key queued
      await host.knex('annotation_mask_upload').update({ put_expires_at: host.knex.raw("now() - interval '3 h'") });
      let begun = false;
      let open = () => {};
      const gate = new Promise<void>((resolve) => {
        open = resolve;
      });
      const late = await another({
        async completeMultipart(key) {
          begun = true;
          await gate;
          const conditions = { contentType: 'application/x-nifti', contentLength: file.length, ttlSeconds: 60 };
          const { url, method, headers } = await host.storage.signUpload(key, conditions);
          expect((await fetch(url, { method, headers, body: file as never })).status).to.equal(200);
        },
      });
      const completing = complete(late, group, upload.upload_id);
      await waitFor(() => begun, { message: 'the parts to be put together' });
      await host.knex('annotation_mask_group').delete();
      await sweep();
      open();
      await waitFor(async () => (await host.keys()).length === 1, { message: 'the store to be done' });
      expectProblem(await completing, 404, 'mask-group-not-found');
      expect(await host.knex('annotation_mask_deletion')).to.have.length(1);
      await letUrlsDie('annotation_mask_deletion');
      await host.knex('annotation_mask_deletion').update({ not_before: host.knex.raw('now()') });
      await sweep();
      await expectOnlyMasks();
    });

    it('takes away what a lost race left in the store, before it is a mask', async () => {
      const file = volume();
      const upload = await sign(host, group, file);
      await send(host, group, upload, file, 1, 2, 3, 4);
      await host.storage.startMultipart(upload.file_path as never, { contentType: 'application/x-nifti' });
      expect((await complete(host, group, upload.upload_id)).status).to.equal(200);
      await expectOnlyMasks(1);
    });

    it('begins anew when the store has dropped it', async () => {
      const file = volume();
      const upload = await sign(host, group, file);
      await send(host, group, upload, file, 1, 2, 3, 4);
      const [old] = await signParts(host, group, upload, 1);
      // as a lifecycle rule of the bucket does
      await host.storage.abortMultipart(upload.file_path as never);
      const missing = await complete(host, group, upload.upload_id);
      expectProblem(missing, 409, 'upload-missing', '/uploaded_files/0');
      expect(missing.body.detail).to.match(/^4 of its 4 parts are missing/);
      const [dropped] = await pendingOf(host, group);
      expect(dropped).to.deep.include({ status: 'pending', received_size: null });
      expect(dropped?.multipart?.received_parts).to.deep.equal([]);
      await send(host, group, upload, file, 2);
      expect(old && (await putPart(old, file))).to.equal(404);
      const [begun] = await pendingOf(host, group);
      expect(begun?.multipart?.received_parts).to.deep.equal([[2, 2]]);
      await send(host, group, upload, file, 1, 3, 4);
      expect((await complete(host, group, upload.upload_id)).body.masks[0].checksum).to.equal(sha256(file));
      await expectOnlyMasks(1);
    });

    it('does not read or put together again what only could not be recorded', async () => {
      const file = volume();
      const upload = await sign(host, group, file);
      await send(host, group, upload, file, 1, 2, 3, 4);
      let calls = 0;
      const counted = await another({
        read(...args) {
          calls++;
          return host.storage.read(...args);
        },
      });
      const body = { uploaded_files: [upload.upload_id], labels: ['spleen'] };
      expect((await counted.api('POST', `${group}/complete`, body)).body.code).to.equal('labels-mismatch');
      const [verified] = await pendingOf(counted, group);
      expect(verified).to.deep.include({ status: 'verified', received_size: file.length });
      expect(verified?.multipart?.received_parts).to.deep.equal([[1, 4]]);
      expect((await complete(counted, group, upload.upload_id)).status).to.equal(200);
      expect(calls).to.equal(1);
    });

    it('is completed in one call with files that are single PUTs', async () => {
      const file = volume(6 * MiB);
      const small = png({ value: 3 });
      const [inParts, single] = [
        await sign(host, group, file),
        await sign(host, group, small, { mime_type: 'image/png', filename: null, slice_index: 3 }),
      ];
      await put(single as never, small);
      await send(host, group, inParts, file, 1);
      const files = [single.upload_id, inParts.upload_id];
      expectProblem(await complete(host, group, ...files), 409, 'upload-missing', '/uploaded_files/1');
      await send(host, group, inParts, file, 2);
      const { status, body } = await complete(host, group, ...files);
      expect([status, body.processed_masks]).to.deep.equal([200, 2]);
      expect(body.masks.map((mask: { checksum: string }) => mask.checksum)).to.deep.equal([
        sha256(small),
        sha256(file),
      ]);
    });
  });
}
