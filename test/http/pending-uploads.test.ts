import { once } from 'node:events';
import { request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { expect } from 'chai';
import knexPackage from 'knex';
import { createMaskUploadMaintenance, type PendingUpload, type SignedPut, StorageError } from '../../src/index.js';
import {
  type ApiAnswer,
  fileFor,
  type HostOptions,
  newGroup,
  put,
  sha256,
  startHost,
  type TestHost,
  upload,
} from '../support/host.js';
import { png } from '../support/png.js';
import { s3Cannot } from '../support/s3.js';
import { waitFor } from '../support/wait.js';

const UNKNOWN = '0198f3a2-6c1e-7d4b-9a53-2f0c8e7b1d64';

const sign = async (host: TestHost, group: string, file: object): Promise<SignedPut> => {
  const { status, body } = await host.api('POST', `${group}/signed-url`, file);
  expect(status, JSON.stringify(body)).to.equal(200);
  return body;
};
const renew = (host: TestHost, group: string, id: string, body?: object) =>
  host.api('POST', `${group}/uploads/${id}/signed-url`, body);
const giveUp = (host: TestHost, group: string, id: string) => host.api('DELETE', `${group}/uploads/${id}`);
const complete = (host: TestHost, group: string, ...uploaded_files: string[]) =>
  host.api('POST', `${group}/complete`, { uploaded_files });
const list = async (host: TestHost, group: string, query = ''): Promise<PendingUpload[]> =>
  (await host.api('GET', `${group}/uploads${query}`)).body.uploads;

const expire = (host: TestHost, id: string) =>
  host
    .knex('annotation_mask_upload')
    .where({ id })
    .update({ expires_at: host.knex.raw('now()') });

/** Where a key is recorded: in exactly one of the three tables. */
async function placesOf(host: TestHost, key: string): Promise<string[]> {
  const tables = ['annotation_mask', 'annotation_mask_upload', 'annotation_mask_deletion'];
  const found = await Promise.all(tables.map((table) => host.knex(table).where({ file_path: key })));
  return tables.filter((_, index) => found[index]?.length);
}

function expectProblem(answer: ApiAnswer, status: number, code: string): void {
  expect([answer.status, answer.body?.code]).to.deep.equal([status, code]);
}

describe('pending uploads', () => {
  let host: TestHost;
  const others: TestHost[] = [];
  before(async () => {
    host = await startHost({ store: 's3', router: { maintenance: false, deletionGraceSeconds: 0 } });
  });
  afterEach(async () => {
    for (const other of others.splice(0)) await other.close();
  });
  after(() => host.close());

  /** Another process on the same database and store. */
  async function another(options: HostOptions): Promise<TestHost> {
    const other = await startHost({ database: host.database, prepared: true, storage: host.storage, ...options });
    others.push(other);
    return other;
  }

  /** Stores something under a key as a store that checks nothing would let a client. */
  const store = (key: string, Body: Buffer) =>
    host.bucket?.client.send(
      new PutObjectCommand({ Bucket: host.bucket.name, Key: key, Body, ContentType: 'image/png' }),
    );

  describe('in a list', () => {
    it('come with what they promised, and with what the store has received of each', async () => {
      const group = await newGroup(host);
      const bytes = png({ value: 1 });
      const file = fileFor(bytes, {
        slice_index: 4,
        sop_instance_uid: '1.2.840.1',
        label_name: 'liver',
        width: 64,
        height: 64,
      });
      const { checksum: _, ...unsure } = fileFor(bytes, { slice_index: 9 });
      const pending = await sign(host, group, file);
      const [received, verified, wrongBytes, wrongSize] = [
        await sign(host, group, fileFor(bytes, { slice_index: 5 })),
        await sign(host, group, fileFor(bytes, { slice_index: 6 })),
        await sign(host, group, fileFor(bytes, { slice_index: 7 })),
        await sign(host, group, fileFor(bytes, { slice_index: 8 })),
      ];
      const plain = await sign(host, group, unsure);
      await put(verified, bytes);
      await store(wrongBytes.file_path, Buffer.alloc(bytes.length));
      expectProblem(await complete(host, group, verified.upload_id, wrongBytes.upload_id), 409, 'checksum-mismatch');
      await put(received, bytes);
      await store(wrongSize.file_path, Buffer.concat([bytes, bytes]));

      const answer = await host.api('GET', `${group}/uploads`);
      expect(answer.body.next_cursor).to.equal(null);
      const uploads: PendingUpload[] = answer.body.uploads;
      const { put_expires_at, expires_at, created_at, ...first } = uploads[0] as PendingUpload;
      expect(first).to.deep.equal({
        upload_id: pending.upload_id,
        file_path: pending.file_path,
        ...file,
        content_encoding: null,
        status: 'pending',
        received_size: null,
        multipart: null,
        rejected_code: null,
      });
      expect(Date.parse(put_expires_at) - Date.parse(created_at)).to.be.within(600_000, 601_000);
      expect(Date.parse(expires_at) - Date.parse(put_expires_at)).to.equal(86_400_000);
      expect(uploads.slice(1).map((one) => [one.upload_id, one.status, one.received_size, one.rejected_code]))
        .to.deep //
        .equal([
          [received.upload_id, 'received', bytes.length, null],
          [verified.upload_id, 'verified', bytes.length, null],
          [wrongBytes.upload_id, 'rejected', null, 'checksum-mismatch'],
          [wrongSize.upload_id, 'rejected', 2 * bytes.length, 'size-mismatch'],
          [plain.upload_id, 'pending', null, null],
        ]);
      expect(uploads[5]?.checksum).to.equal(null);
      expect(JSON.stringify(answer.body)).not.to.match(/https?:|x-amz/i, 'a list gives nobody the means to upload');
    });

    it('are only those of the group that are neither completed, nor given up, nor expired', async () => {
      const group = await newGroup(host);
      const bytes = png({ value: 2 });
      const [stays, done, given, dead] = await upload(host, group, [{ bytes }, { bytes }, { bytes }, { bytes }]);
      await upload(host, await newGroup(host), [{ bytes }]);
      await complete(host, group, done?.upload_id ?? '');
      await giveUp(host, group, given?.upload_id ?? '');
      await expire(host, dead?.upload_id ?? '');
      expect((await list(host, group)).map((one) => one.upload_id)).to.deep.equal([stays?.upload_id]);
    });

    it('come page by page, oldest first, each once, also when others come and go meanwhile', async () => {
      const group = await newGroup(host);
      const signAll = async (count: number): Promise<SignedPut[]> =>
        (await host.api('POST', `${group}/signed-urls`, { files: Array.from({ length: count }, () => fileFor(png())) }))
          .body.uploads;
      const early = await signAll(25);
      const ids: string[] = [];
      let cursor: string | null = '';
      for (let page = 0; cursor !== null; page++) {
        const { body } = await host.api('GET', `${group}/uploads?limit=10${cursor && `&cursor=${cursor}`}`);
        ids.push(...body.uploads.map((one: PendingUpload) => one.upload_id));
        cursor = body.next_cursor;
        if (page === 0) {
          await giveUp(host, group, ids[0] ?? '');
          early.push(...(await signAll(2)));
        }
      }
      const expected = early.map((one) => one.upload_id).sort();
      expect(ids).to.deep.equal(expected);
      expect(await list(host, group, '?limit=1000')).to.have.length(26);
    });

    it('take only a cursor of this very list', async () => {
      const [group, other] = [await newGroup(host), await newGroup(host)];
      for (const path of [group, other]) await upload(host, path, [{ bytes: png() }, { bytes: png() }]);
      const { body } = await host.api('GET', `${other}/uploads?limit=1`);
      const forged = Buffer.from(JSON.stringify(['uploads', 'not-a-uuid'])).toString('base64url');
      for (const cursor of [body.next_cursor, forged, 'x']) {
        expectProblem(await host.api('GET', `${group}/uploads?cursor=${cursor}`), 400, 'invalid-cursor');
      }
      for (const query of ['limit=0', 'limit=1001', 'status=pending', 'limit=1&limit=2']) {
        expectProblem(await host.api('GET', `${group}/uploads?${query}`), 400, 'invalid-request');
      }
    });

    it('are looked for in the store a few at a time, and without holding a connection', async () => {
      let now = 0;
      let most = 0;
      let open = () => {};
      const gate = new Promise<void>((resolve) => {
        open = resolve;
      });
      const small = knexPackage({
        client: 'pg',
        connection: host.database.connectionString,
        pool: { min: 0, max: 1 },
      });
      const slow = await another({
        knex: small,
        storage: {
          ...host.storage,
          async head(key, options) {
            most = Math.max(most, ++now);
            await gate;
            return host.storage.head(key, options).finally(() => now--);
          },
        },
        router: { maintenance: false, verifyConcurrency: 3 },
      });
      try {
        const group = await newGroup(host);
        await host.api('POST', `${group}/signed-urls`, { files: Array.from({ length: 12 }, () => fileFor(png())) });
        const lists = [list(slow, group), list(slow, group)];
        await waitFor(() => now === 3, { message: 'the store to be asked' });
        expect((await slow.api('GET', group)).status).to.equal(200, 'the only connection is free');
        open();
        for (const uploads of await Promise.all(lists)) expect(uploads).to.have.length(12);
        expect(most).to.equal(3);
      } finally {
        open();
        await small.destroy();
      }
    });

    it('are not answered while the store cannot tell, and the store is then left alone', async () => {
      let asked = 0;
      const down = await another({
        storage: {
          ...host.storage,
          async head(_key, options) {
            if (options?.signal?.aborted) throw new StorageError('unavailable', 'aborted');
            asked++;
            throw new StorageError(asked % 2 ? 'unavailable' : 'access-denied', 'down');
          },
        },
        router: { maintenance: false, verifyConcurrency: 2 },
      });
      const group = await newGroup(host);
      await host.api('POST', `${group}/signed-urls`, { files: Array.from({ length: 50 }, () => fileFor(png())) });
      const answer = await down.api('GET', `${group}/uploads`);
      expectProblem(answer, 503, 'storage-unavailable');
      expect(answer.headers.get('retry-after')).to.match(/^\d+$/);
      expect(asked).to.be.below(10);
    });
  });

  describe('renewed', () => {
    it('have a fresh URL for the same key and the same promise, and live on for as long', async () => {
      const group = await newGroup(host);
      const bytes = png({ value: 3 });
      const signed = await sign(host, group, { ...fileFor(bytes, { slice_index: 1 }), ttl_seconds: 1 });
      const [before] = await list(host, group);
      const answer = await renew(host, group, signed.upload_id, { ttl_seconds: 900 });
      expect(answer.status).to.equal(200);
      expect(answer.headers.get('cache-control')).to.equal('no-store');
      expect(answer.headers.get('referrer-policy')).to.equal('no-referrer');
      const renewed: SignedPut = answer.body;
      expect(renewed).to.include({ upload_id: signed.upload_id, file_path: signed.file_path, expires_in: 900 });
      expect(renewed.headers).to.deep.equal(signed.headers);
      expect(renewed.upload_url).not.to.equal(signed.upload_url);
      const [after] = await list(host, group);
      expect(Date.parse(after?.put_expires_at ?? '') - Date.parse(renewed.expires_at)).to.be.within(-1500, 1500);
      expect(Date.parse(after?.expires_at ?? '') - Date.parse(after?.put_expires_at ?? '')).to.equal(86_400_000);
      expect(after).to.deep.include({ created_at: before?.created_at, status: 'pending' });

      if (!s3Cannot('checksum')) {
        expect(await put(renewed, png({ value: 4 })), 'other bytes than were promised').to.be.within(400, 499);
      }
      expect(await put(renewed, bytes)).to.equal(200);
      const { status, body } = await complete(host, group, signed.upload_id);
      expect([status, body.masks?.[0].checksum]).to.deep.equal([200, sha256(bytes)]);
    });

    it('never live for less long than an earlier URL', async () => {
      const group = await newGroup(host);
      const signed = await sign(host, group, { ...fileFor(png()), ttl_seconds: 3000 });
      const [before] = await list(host, group);
      for (const body of [undefined, {}, { ttl_seconds: null }, { ttl_seconds: 5 }]) {
        const answer = await renew(host, group, signed.upload_id, body);
        expect(answer.status).to.equal(200);
        expect(answer.body.expires_in).to.equal(body?.ttl_seconds ?? 600);
      }
      expect(await list(host, group)).to.deep.equal([before]);
    });

    it('are written once all the same: where the object is there, the store answers 412', async function () {
      if (s3Cannot('write-once')) this.skip();
      const group = await newGroup(host);
      const bytes = png({ value: 5 });
      const [signed] = await upload(host, group, [{ bytes }]);
      const { body } = await renew(host, group, signed?.upload_id ?? '');
      expect(await put(body, bytes)).to.equal(412);
      expect((await complete(host, group, body.file_path)).status).to.equal(200);
    });

    it('are completed late, long after they would have expired', async () => {
      const brief = await another({ router: { maintenance: false, uploadLifetimeSeconds: 1 } });
      const group = await newGroup(brief);
      const bytes = png({ value: 6 });
      const file = { ...fileFor(bytes), ttl_seconds: 1 };
      const [kept, left] = [await sign(brief, group, file), await sign(brief, group, file)];
      const { body } = await renew(brief, group, kept.upload_id, { ttl_seconds: 3600 });
      await waitFor(async () => (await list(host, group)).length === 1, { message: 'the other one to expire' });
      const { knex, storage } = host;
      expect(await createMaskUploadMaintenance({ knex, storage }).sweep())
        .to.have.property('expiredUploads')
        .above(0);
      expect(await put(body, bytes)).to.equal(200);
      expect((await complete(brief, group, kept.upload_id)).status).to.equal(200);
      expect(await placesOf(host, left.file_path)).to.deep.equal(['annotation_mask_deletion']);
    }).timeout(15_000);

    it('must be neither rejected, completed, given up nor expired', async () => {
      const group = await newGroup(host);
      const bytes = png({ value: 7 });
      const [done, given, dead] = await upload(host, group, [{ bytes }, { bytes }, { bytes }]);
      const bad = await sign(host, group, fileFor(bytes));
      await store(bad.file_path, Buffer.alloc(bytes.length));
      expectProblem(await complete(host, group, bad.upload_id), 409, 'checksum-mismatch');
      await complete(host, group, done?.upload_id ?? '');
      await giveUp(host, group, given?.upload_id ?? '');
      await expire(host, dead?.upload_id ?? '');
      expectProblem(await renew(host, group, bad.upload_id), 409, 'upload-rejected');
      for (const one of [done, given, dead]) {
        expectProblem(await renew(host, group, one?.upload_id ?? ''), 404, 'upload-not-found');
      }
      await expire(host, bad.upload_id);
      expectProblem(await renew(host, group, bad.upload_id), 404, 'upload-not-found');
    });

    it('take a body with ttl_seconds and nothing else', async () => {
      const group = await newGroup(host);
      const signed = await sign(host, group, fileFor(png()));
      const before = await host.knex('annotation_mask_upload').where({ id: signed.upload_id });
      for (const ttl_seconds of [0, -1, 1.5, 3601, '60', true, 1e9]) {
        const answer = await renew(host, group, signed.upload_id, { ttl_seconds });
        expectProblem(answer, 400, 'invalid-request');
        expect(answer.body.errors[0].path).to.equal('/ttl_seconds');
      }
      for (const body of [{ file_size: 1 }, [], { part_numbers: [1] }]) {
        expectProblem(await renew(host, group, signed.upload_id, body), 400, 'invalid-request');
      }
      expect(await host.knex('annotation_mask_upload').where({ id: signed.upload_id })).to.deep.equal(before);
    });
  });

  describe('given up', () => {
    it('are gone with what was stored for them, also when they were rejected', async () => {
      const group = await newGroup(host);
      const bytes = png({ value: 8 });
      const [stored] = await upload(host, group, [{ bytes }]);
      const [empty, bad] = [await sign(host, group, fileFor(bytes)), await sign(host, group, fileFor(bytes))];
      await store(bad.file_path, Buffer.alloc(bytes.length));
      expectProblem(await complete(host, group, bad.upload_id), 409, 'checksum-mismatch');
      for (const one of [stored, empty, bad]) {
        const id = one?.upload_id ?? '';
        expect((await giveUp(host, group, id)).status).to.equal(204);
        expect(await placesOf(host, one?.file_path ?? '')).to.deep.equal(['annotation_mask_deletion']);
        expectProblem(await giveUp(host, group, id), 404, 'upload-not-found');
        expectProblem(await complete(host, group, id), 404, 'upload-not-found');
      }
      expect(await list(host, group)).to.deep.equal([]);
      await waitFor(async () => !(await host.keys()).includes(stored?.file_path ?? ''), {
        message: 'the object to go at once',
      });
    });

    it('must be neither completed nor expired', async () => {
      const group = await newGroup(host);
      const [done, dead] = await upload(host, group, [{ bytes: png() }, { bytes: png() }]);
      await complete(host, group, done?.upload_id ?? '');
      await expire(host, dead?.upload_id ?? '');
      for (const one of [done, dead]) {
        expectProblem(await giveUp(host, group, one?.upload_id ?? ''), 404, 'upload-not-found');
      }
      expect(await placesOf(host, done?.file_path ?? '')).to.deep.equal(['annotation_mask']);
    });
  });

  it('are found by the one spelling of their id, in their own group', async () => {
    const group = await newGroup(host);
    const [signed] = await upload(host, group, [{ bytes: png() }]);
    const id = signed?.upload_id ?? '';
    const odd = [
      UNKNOWN,
      id.toUpperCase(),
      id.replaceAll('-', ''),
      `{${id}}`,
      `urn:uuid:${id}`,
      ` ${id}`,
      `${id}\n`,
      `${id}\0`,
      id.slice(0, -1),
      `${id}0`,
      '00000000-0000-0000-0000-000000000000',
      '1',
      signed?.file_path ?? '',
      "' or true --",
      '../masks',
    ];
    for (const spelling of odd.map(encodeURIComponent)) {
      expectProblem(await renew(host, group, spelling), 404, 'upload-not-found');
      expectProblem(await giveUp(host, group, spelling), 404, 'upload-not-found');
    }
    const elsewhere = await newGroup(host);
    expectProblem(await renew(host, elsewhere, id), 404, 'upload-not-found');
    expectProblem(await giveUp(host, elsewhere, id), 404, 'upload-not-found');
    expect(await list(host, group)).to.have.length(1);
  });

  describe('when two things happen to them at once', () => {
    it('are either renewed or swept, and no URL is given out for a key that is queued', async () => {
      const sweeper = createMaskUploadMaintenance({ knex: host.knex, storage: host.storage, onEvent: () => {} });
      const group = await newGroup(host);
      const { body } = await host.api('POST', `${group}/signed-urls`, {
        files: Array.from({ length: 60 }, () => fileFor(png())),
      });
      const uploads: SignedPut[] = body.uploads;
      // the first is dead, the last lives, and each of the others dies at about the time when it is renewed
      await host.knex.raw(
        `update annotation_mask_upload u set expires_at = now() + make_interval(secs => n * 0.05)
         from unnest(?::uuid[]) with ordinality as given(id, n) where u.id = given.id`,
        [uploads.map((one) => one.upload_id)],
      );
      await expire(host, uploads[0]?.upload_id ?? '');
      let renewing = true;
      const sweeping = (async () => {
        while (renewing) await sweeper.sweep();
      })();
      const answers = await Promise.all(
        uploads.map(async (one, index) => {
          await delay(index === 59 ? 0 : Math.max(0, index * 50 + (index % 7) * 15 - 60));
          return renew(host, group, one.upload_id);
        }),
      );
      renewing = false;
      await sweeping;
      await sweeper.sweep();

      for (const [index, { status, body: renewed }] of answers.entries()) {
        const key = uploads[index]?.file_path ?? '';
        if (status === 200) {
          expect(renewed.file_path).to.equal(key);
          expect(await placesOf(host, key)).to.deep.equal(['annotation_mask_upload']);
        } else {
          expect([status, renewed.code]).to.deep.equal([404, 'upload-not-found']);
          expect(await placesOf(host, key)).to.deep.equal(['annotation_mask_deletion']);
        }
      }
      expect(new Set(answers.map(({ status }) => status))).to.deep.equal(new Set([200, 404]));
    }).timeout(20_000);

    it('are either given up or completed, never both', async () => {
      const other = await another({ router: { maintenance: false } });
      const group = await newGroup(host);
      const files = Array.from({ length: 31 }, (_, value) => ({ bytes: png({ value }), file: { slice_index: value } }));
      const [first, ...uploads] = await upload(host, group, files);
      const { milliseconds } = await complete(host, group, first?.upload_id ?? '');
      const outcomes: string[] = [];
      for (const [index, { upload_id }] of uploads.entries()) {
        // sooner or later while completing goes on; the first and the last leave no doubt
        const wait = index === 0 ? 0 : index === 29 ? 10 * milliseconds : (index / 30) * 1.5 * milliseconds;
        const [given, completed] = await Promise.all([
          delay(wait).then(() => giveUp(other, group, upload_id)),
          delay(index === 0 ? 10 * milliseconds : 0).then(() => complete(host, group, upload_id)),
        ]);
        outcomes.push([given.status, given.body?.code, completed.status, completed.body.code].join(' '));
      }
      for (const outcome of outcomes) {
        expect(outcome).to.be.oneOf(['204  404 upload-not-found', '404 upload-not-found 200 ']);
      }
      expect(new Set(outcomes).size).to.equal(2, 'both came first now and then');
      const recorded = uploads.filter((_, index) => outcomes[index]?.endsWith('200 '));
      for (const one of uploads) {
        const table = recorded.includes(one) ? 'annotation_mask' : 'annotation_mask_deletion';
        expect(await placesOf(host, one.file_path)).to.deep.equal([table]);
      }
      await waitFor(
        async () => {
          const keys = await host.keys();
          return uploads.every((one) => keys.includes(one.file_path) === recorded.includes(one));
        },
        { message: 'the objects of those that were given up to go, and only those' },
      );
    }).timeout(20_000);

    it('are not found, rather than missing, when they are given up while their object is looked for', async () => {
      const group = await newGroup(host);
      const [signed] = await upload(host, group, [{ bytes: png({ value: 9 }) }]);
      const other = await another({
        storage: {
          ...host.storage,
          async read(key, options) {
            expect((await giveUp(host, group, signed?.upload_id ?? '')).status).to.equal(204);
            await waitFor(async () => !(await host.keys()).includes(key), { message: 'the object to go' });
            return host.storage.read(key, options);
          },
        },
        router: { maintenance: false },
      });
      expectProblem(await complete(other, group, signed?.file_path ?? ''), 404, 'upload-not-found');
    });
  });
});

for (const store of ['s3', 'filesystem'] as const) {
  describe(`an upload on ${store} that is given up while it arrives`, () => {
    it('leaves nothing behind: what arrives late is deleted when no PUT can come any more', async function () {
      // the imitation, which is the one that cannot, fails when an object is deleted while it is being written
      if (store === 's3' && s3Cannot('write-once')) this.skip();
      const host = await startHost({ store, router: { deletionGraceSeconds: 1, sweepIntervalSeconds: 0.2 } });
      try {
        const group = await newGroup(host);
        const bytes = Buffer.concat([png(), Buffer.alloc(3_000_000)]);
        const signed = await sign(host, group, { ...fileFor(bytes), ttl_seconds: 3 });
        const sending = request(signed.upload_url, {
          method: 'PUT',
          headers: { ...signed.headers, 'content-length': bytes.length },
        });
        sending.write(bytes.subarray(0, 1_000_000));
        await once(sending, 'socket');
        expect((await giveUp(host, group, signed.upload_id)).status).to.equal(204);
        const queue = () => host.knex('annotation_mask_deletion').select('not_before', 'put_expires_at');
        // until it is over, a lease stands in the place of the time of the next one
        const nextIsTheLast = async () => {
          const [row] = await queue();
          return row && row.not_before.getTime() - row.put_expires_at.getTime() === 1000;
        };
        await waitFor(nextIsTheLast, { message: 'the first deletion, of nothing yet' });
        sending.end(bytes.subarray(1_000_000));
        const [response] = await once(sending, 'response');
        response.resume();
        expect(response.statusCode).to.equal(200);
        expect(await host.keys()).to.deep.equal([signed.file_path]);

        await waitFor(async () => (await queue()).length === 0, { timeoutMs: 15_000, message: 'the last deletion' });
        expect(await host.keys()).to.deep.equal([]);
      } finally {
        await host.close();
      }
    }).timeout(30_000);
  });
}
