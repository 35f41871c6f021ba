import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { createMaskUploadMaintenance, type FileToSign, type SignedPut, type Storage } from '../../src/index.js';
import {
  type ApiAnswer,
  type HostOptions,
  newGroup,
  put,
  sha256,
  startHost,
  type TestHost,
  upload,
} from '../support/host.js';
import { volume } from '../support/nifti.js';
import { png } from '../support/png.js';
import { waitFor } from '../support/wait.js';

const MiB = 2 ** 20;

/** The same store, but reads are counted, and told of before each chunk, which they then wait for. */
function watched(storage: Storage, onChunk: (key: string, bytesSoFar: number) => Promise<unknown> | undefined) {
  const seen = { reads: 0, bytes: 0, heads: 0 };
  return {
    seen,
    storage: {
      ...storage,
      head(key, options) {
        seen.heads++;
        return storage.head(key, options);
      },
      async read(key, options) {
        seen.reads++;
        const { info, body } = await storage.read(key, options);
        async function* trickle() {
          let soFar = 0;
          for await (const chunk of body) {
            await onChunk(key, soFar);
            soFar += chunk.length;
            seen.bytes += chunk.length;
            yield chunk;
          }
        }
        return { info, body: Readable.from(trickle()) };
      },
    } satisfies Storage,
  };
}

/** Lets about that many bytes through in a second. */
const pace = (bytesPerSecond: number) => {
  const startedAt = performance.now();
  return (_key: string, soFar: number) => {
    const due = startedAt + (soFar / bytesPerSecond) * 1000;
    return due > performance.now() ? delay(due - performance.now()) : undefined;
  };
};

const complete = (on: TestHost, group: string, ...uploaded_files: string[]) =>
  on.api('POST', `${group}/complete`, { uploaded_files });

describe('verifying what takes long', () => {
  let host: TestHost;
  const others: TestHost[] = [];
  before(async () => {
    host = await startHost({ store: 'filesystem', router: { maintenance: false } });
  });
  afterEach(async () => {
    for (const other of others.splice(0)) await other.close();
  });
  after(() => host.close());

  /** Another process on the same database. */
  async function another(storage: Storage, router: HostOptions['router'] = {}): Promise<TestHost> {
    const other = await startHost({
      database: host.database,
      prepared: true,
      storage,
      router: { maintenance: false, ...router },
    });
    others.push(other);
    return other;
  }

  async function uploaded(group: string, bytes: Buffer, more: Partial<FileToSign> = {}): Promise<SignedPut> {
    const file = { mime_type: 'application/x-nifti', filename: 'liver.nii', file_size: bytes.length, ...more };
    const { body } = await host.api('POST', `${group}/signed-url`, file);
    expect(await put(body, bytes)).to.equal(200);
    return body;
  }

  const rowOf = async (id: string) => {
    const [row] = await host
      .knex('annotation_mask_upload')
      .where({ id })
      .select('*', host.knex.raw('verifying_until > now() as leased'));
    return row;
  };

  /** Repeats a call for as long as it is told that it takes longer; gives the last answer and how often it was told. */
  async function persist(call: (turn: number) => Promise<ApiAnswer>): Promise<{ answer: ApiAnswer; told: number }> {
    for (let told = 0; ; told++) {
      const answer = await call(told);
      if (answer.status !== 503) return { answer, told };
      expect(answer.body.code).to.equal('verification-in-progress');
      expect(Number(answer.headers.get('retry-after'))).to.be.within(1, 10);
      expect(told).to.be.below(100);
      await delay(50);
    }
  }

  it('reads a volume of 64 MB once, however many callers of two processes complete it at once', async () => {
    const group = await newGroup(host);
    const bytes = volume(64 * MiB);
    const { file_path, upload_id } = await uploaded(group, bytes, { checksum: sha256(bytes) });
    let everybodyCame = () => {};
    const gate = new Promise<void>((resolve) => {
      everybodyCame = resolve;
    });
    const { storage, seen } = watched(host.storage, () => gate);
    const [one, two] = [await another(storage), await another(storage)];
    const calls = [one, two, one, two, two].map((on, turn) => complete(on, group, turn % 2 ? file_path : upload_id));
    await waitFor(() => seen.heads >= 2 && seen.reads >= 1, { message: 'both processes to look at it' });
    await delay(200);
    everybodyCame();
    const answers = await Promise.all(calls);
    for (const { status, body } of answers) {
      expect(status, JSON.stringify(body)).to.equal(200);
      expect(body).to.deep.equal(answers[0]?.body);
    }
    expect(answers[0]?.body.masks[0].checksum).to.equal(sha256(bytes));
    expect(seen).to.include({ reads: 1, bytes: bytes.length });
  });

  it('answers 503 and gets there by repeats, in any process, having read the bytes once', async () => {
    const group = await newGroup(host);
    const bytes = volume(64 * MiB);
    const { upload_id } = await uploaded(group, bytes);
    const { storage, seen } = watched(host.storage, pace(32 * MiB));
    const limits = { verifyTimeoutSeconds: 0.5 };
    const processes = [await another(storage, limits), await another(storage, limits)] as const;
    const { answer, told } = await persist((turn) => complete(processes[turn % 2 ? 1 : 0], group, upload_id));
    expect(answer.status, JSON.stringify(answer.body)).to.equal(200);
    expect(told).to.be.at.least(2);
    expect(seen).to.include({ reads: 1, bytes: bytes.length });
  });

  it('gets there also where many small objects take long together', async () => {
    const group = await newGroup(host);
    const files = await Promise.all(
      Array.from({ length: 8 }, (_, value) => {
        const bytes = png({ value });
        return uploaded(group, bytes, { mime_type: 'image/png', filename: null, slice_index: value });
      }),
    );
    const { storage, seen } = watched(host.storage, () => delay(200));
    const slow = await another(storage, { verifyConcurrency: 1, verifyTimeoutSeconds: 0.5 });
    const { answer, told } = await persist(() => complete(slow, group, ...files.map((file) => file.upload_id)));
    expect([answer.status, answer.body.processed_masks]).to.deep.equal([200, 8]);
    expect(told).to.be.at.least(2);
    // one that is finished between two calls may be looked at twice
    expect(seen.reads).to.be.at.most(8 + told);
  });

  it('keeps also what is known too late for the answer', async () => {
    const group = await newGroup(host);
    const bytes = png({ value: 77 });
    const { upload_id } = await uploaded(group, bytes, { mime_type: 'image/png', filename: null });
    const { storage, seen } = watched(host.storage, () => delay(700));
    const slow = await another(storage, { verifyTimeoutSeconds: 0.3 });
    expect((await complete(slow, group, upload_id)).status).to.equal(503);
    await waitFor(async () => (await rowOf(upload_id)).verified_checksum === sha256(bytes), {
      message: 'the result to be kept',
    });
    expect((await complete(slow, group, upload_id)).status).to.equal(200);
    expect(seen.reads).to.equal(1);
  });

  it('does not read a large object again when only recording it was refused', async () => {
    const group = await newGroup(host);
    const { upload_id } = await uploaded(group, volume(9 * MiB));
    const { storage, seen } = watched(host.storage, () => undefined);
    const other = await another(storage);
    const body = { uploaded_files: [upload_id], labels: ['spleen'] };
    expect((await other.api('POST', `${group}/complete`, body)).body.code).to.equal('labels-mismatch');
    expect((await complete(other, group, upload_id)).status).to.equal(200);
    expect(seen.reads).to.equal(1);
  });

  it('keeps at once that a large object is not what was promised, and deletes it', async () => {
    const group = await newGroup(host);
    const bytes = volume(20 * MiB);
    const bad = await uploaded(group, bytes, { mime_type: 'application/dicom', filename: 'liver.dcm' });
    const good = await uploaded(group, bytes);
    const { storage, seen } = watched(host.storage, pace(20 * MiB));
    const slow = await another(storage, { verifyTimeoutSeconds: 0.3 });
    const first = await complete(slow, group, good.upload_id, bad.upload_id);
    expect([first.status, first.body.code]).to.deep.equal([503, 'verification-in-progress']);
    // nobody repeats the call
    const rejected = await waitFor(
      async () => {
        const row = await rowOf(bad.upload_id);
        return row.rejected_code && row;
      },
      { message: 'the rejection to be kept' },
    );
    expect(rejected.rejected_code).to.equal('content-mismatch');
    await waitFor(async () => (await rowOf(good.upload_id)).verified_checksum === sha256(bytes));
    await waitFor(async () => !(await host.keys()).includes(bad.file_path), { message: 'the object to go' });
    const { reads } = seen;
    const again = await complete(slow, group, good.upload_id, bad.upload_id);
    expect([again.status, again.body.code]).to.deep.equal([409, 'content-mismatch']);
    expect(again.body.errors.map((error: { path: string }) => error.path)).to.deep.equal(['/uploaded_files/1']);
    const { body } = await host.api('POST', `${group}/uploads/${bad.upload_id}/signed-url`);
    expect(body.code).to.equal('upload-rejected');
    expect((await complete(slow, group, good.upload_id)).status).to.equal(200);
    expect([reads, seen.reads]).to.deep.equal([2, 2]);
  });

  it('takes a lease for what it must read whole, not for what is small or attested', async () => {
    const group = await newGroup(host);
    const leased: Record<string, boolean> = {};
    const { storage, seen } = watched(host.storage, async (key) => {
      const [row] = await host.knex('annotation_mask_upload').where({ file_path: key }).select('verifying_until');
      leased[key] = row.verifying_until !== null;
    });
    const [small, large, attested] = [
      await uploaded(group, volume(8 * MiB)),
      await uploaded(group, volume(9 * MiB)),
      await uploaded(group, volume(10 * MiB)),
    ];
    const other = await another({
      ...storage,
      async head(key, options) {
        const info = await storage.head(key, options);
        return info.size === 10 * MiB ? { ...info, sha256: sha256(volume(10 * MiB)) as never } : info;
      },
    });
    const { status } = await complete(other, group, small.upload_id, large.upload_id, attested.upload_id);
    expect(status).to.equal(200);
    expect(leased).to.deep.equal({ [small.file_path]: false, [large.file_path]: true, [attested.file_path]: false });
    expect(seen.bytes).to.be.below(18 * MiB);
  });

  it('does not keep small files waiting', async () => {
    const group = await newGroup(host);
    let letGo = () => {};
    const gate = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    const { storage, seen } = watched(host.storage, (_key, soFar) => (soFar > 0 ? gate : undefined));
    const busy = await another(storage, { verifyConcurrency: 2, verifyTimeoutSeconds: 5 });
    const large = [await uploaded(group, volume(9 * MiB)), await uploaded(group, volume(9 * MiB + 1))];
    const slow = large.map(({ upload_id }) => complete(busy, group, upload_id));
    await waitFor(() => seen.bytes > 0, { message: 'a large file to be read' });
    const bytes = png();
    const [small] = await upload(host, group, [{ bytes, file: { slice_index: 0 } }]);
    expect((await complete(busy, group, small?.upload_id ?? '')).status).to.equal(200);
    letGo();
    expect((await Promise.all(slow)).map(({ status }) => status)).to.deep.equal([200, 200]);
  });

  it('keeps what it found out about files that are refused for another reason', async () => {
    const group = await newGroup(host);
    const { storage, seen } = watched(host.storage, () => undefined);
    const other = await another(storage);
    const [signed] = await upload(host, group, [{ bytes: png(), file: { slice_index: 0 } }]);
    const body = { uploaded_files: [signed?.upload_id] };
    const refused = await other.api('POST', `${group}/complete`, { ...body, slice_count: 2 });
    expect([refused.status, refused.body.code]).to.deep.equal([409, 'slice-count-mismatch']);
    expect((await other.api('POST', `${group}/complete`, { ...body, slice_count: 1 })).status).to.equal(200);
    expect(seen.reads).to.equal(1);
  });

  describe('after a process died of it', () => {
    const leave = (id: string, seconds: number) =>
      host.knex.raw(
        'update annotation_mask_upload set verifying_until = now() + make_interval(secs => ?) where id = ?',
        [seconds, id],
      );

    it('waits for no longer than the lease that it left', async () => {
      const group = await newGroup(host);
      const { upload_id } = await uploaded(group, volume(9 * MiB));
      let readAt = 0;
      const { storage, seen } = watched(host.storage, () => {
        readAt ||= performance.now();
        return undefined;
      });
      const other = await another(storage);
      const leftAt = performance.now();
      await leave(upload_id, 2);
      const { status, milliseconds } = await complete(other, group, upload_id);
      expect(status).to.equal(200);
      expect(readAt - leftAt, 'read once the lease had ended').to.be.at.least(1999);
      expect(milliseconds).to.be.within(1500, 8000);
      expect(seen.reads).to.equal(1);
    });

    it('does not wait for a lease that has ended', async () => {
      const group = await newGroup(host);
      const { upload_id } = await uploaded(group, volume(9 * MiB));
      await leave(upload_id, -1);
      const { storage, seen } = watched(host.storage, () => undefined);
      const { answer } = await persist(async () => complete(await another(storage), group, upload_id));
      expect(answer.status).to.equal(200);
      expect(seen.reads).to.equal(1);
    });

    it('says that it is in progress while the lease lasts', async () => {
      const group = await newGroup(host);
      const { upload_id } = await uploaded(group, volume(9 * MiB));
      await leave(upload_id, 60);
      const { storage, seen } = watched(host.storage, () => undefined);
      const other = await another(storage, { verifyTimeoutSeconds: 0.3 });
      const { status, body, headers } = await complete(other, group, upload_id);
      expect([status, body.code]).to.deep.equal([503, 'verification-in-progress']);
      expect(headers.get('retry-after')).to.match(/^\d+$/);
      expect(seen.reads).to.equal(0);
      await leave(upload_id, -1);
      expect((await complete(other, group, upload_id)).status).to.equal(200);
    });
  });

  it('does not let an upload expire meanwhile, nor before the client comes back', async () => {
    const group = await newGroup(host);
    const { upload_id } = await uploaded(group, volume(20 * MiB));
    const { storage } = watched(host.storage, pace(10 * MiB));
    const slow = await another(storage, { verifyTimeoutSeconds: 0.3 });
    const [{ expires_at: first }] = await host
      .knex('annotation_mask_upload')
      .where({ id: upload_id })
      .update({ expires_at: host.knex.raw("now() + interval '1 s'") }, ['expires_at']);
    expect((await complete(slow, group, upload_id)).status).to.equal(503);
    await waitFor(() => new Date() > first, { message: 'the first expiry' });
    expect((await rowOf(upload_id)).expires_at.getTime()).to.be.above(Date.now() + 240_000);
    await createMaskUploadMaintenance({ knex: host.knex, storage: host.storage }).sweep();
    const { answer } = await persist(() => complete(slow, group, upload_id));
    expect(answer.status).to.equal(200);
  });

  it('records nothing of an upload that is given up meanwhile', async () => {
    const group = await newGroup(host);
    const { upload_id, file_path } = await uploaded(group, volume(20 * MiB));
    const { storage, seen } = watched(host.storage, pace(20 * MiB));
    const [one, two] = [await another(storage), await another(storage)];
    const calls = [complete(one, group, upload_id), complete(two, group, file_path)];
    await waitFor(() => seen.bytes > 0, { message: 'the reading to begin' });
    expect((await host.api('DELETE', `${group}/uploads/${upload_id}`)).status).to.equal(204);
    for (const { status, body } of await Promise.all(calls)) {
      expect([status, body.code]).to.deep.equal([404, 'upload-not-found']);
    }
    await waitFor(async () => !(await host.keys()).includes(file_path), { message: 'the object to go' });
    expect((await host.api('GET', group)).body.mask_count).to.equal(0);
  });
});
