import { once } from 'node:events';
import { get, type IncomingHttpHeaders, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import type { ObjectKey } from '../../src/domain/types.js';
import type { FileToSign, Mask, MaskUploadEvent, MaskUploadRouterOptions } from '../../src/index.js';
import { createMaskUploadRouter, StorageError } from '../../src/index.js';
import { maskPath, newGroup, overwriteIn, startHost, type TestHost, upload } from '../support/host.js';
import { png, pngOf } from '../support/png.js';
import { s3Cannot } from '../support/s3.js';
import { waitFor } from '../support/wait.js';
import { type WatchedStorage, watched } from '../support/watched-storage.js';

interface Got {
  status: number | undefined;
  headers: IncomingHttpHeaders;
  /** As they came: nothing is decoded. */
  bytes: Buffer;
}

for (const store of ['filesystem', 's3'] as const) {
  describe(`content through the server, from ${store}`, () => {
    let inner: TestHost;
    let host: TestHost;
    let storage: WatchedStorage;
    let events: MaskUploadEvent[];
    /** Requests whose client was gone before their answer. */
    let deserted: number;
    before(async () => {
      inner = await startHost({ store, router: { maintenance: false } });
      storage = watched(inner.storage);
      host = await startHost({
        express: store === 's3' ? 4 : 5,
        storage,
        database: inner.database,
        prepared: true,
        before: [
          (_req: unknown, res: ServerResponse, next: () => void) => {
            res.once('close', () => {
              if (!res.headersSent) deserted++;
            });
            next();
          },
        ],
        router: {
          maintenance: false,
          download: 'proxy',
          downloadConcurrency: 1,
          onEvent: (event) => event.type === 'request-failed' && events.push(event),
        },
      });
    });
    beforeEach(() => {
      events = [];
      deserted = 0;
      storage.beforeRead = () => undefined;
    });
    after(async () => {
      await host.close();
      await inner.close();
    });

    async function maskOf(bytes: Buffer, file: Partial<FileToSign> = {}): Promise<{ mask: Mask; path: string }> {
      const group = await newGroup(host);
      const [signed] = await upload(host, group, [{ bytes, file }]);
      const { body } = await host.api('POST', `${group}/complete`, { uploaded_files: [signed?.file_path] });
      const mask: Mask = body.masks[0];
      storage.reads = 0;
      return { mask, path: `${maskPath(group, mask.id)}/content` };
    }

    const address = (path: string) => `${host.url}/api${path}`;

    async function ask(path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Got> {
      const asked = request(address(path), {
        method,
        agent: false,
        headers: { authorization: 'Bearer ben', ...headers },
      });
      asked.end();
      const [response] = (await once(asked, 'response')) as [IncomingMessage];
      return { status: response.statusCode, headers: response.headers, bytes: await buffer(response) };
    }

    it('is the stored bytes, for as long as a signed URL would live, and nothing that a browser would run', async () => {
      const bytes = png({ value: 3 });
      const { mask, path } = await maskOf(bytes);
      expect((await host.api('GET', path)).status).to.equal(200);
      const got = await ask(path);
      expect(got.bytes.equals(bytes)).to.equal(true);
      expect(got.headers).to.deep.include({
        'content-type': 'image/png',
        'content-length': String(bytes.length),
        'content-disposition': `inline; filename="mask-${mask.id}.png"`,
        etag: `"${mask.checksum}"`,
        'accept-ranges': 'bytes',
        'cache-control': 'private, max-age=600, immutable, no-transform',
        'x-content-type-options': 'nosniff',
        'content-security-policy': "sandbox; default-src 'none'",
        'referrer-policy': 'no-referrer',
      });
      expect(got.headers).to.not.have.any.keys('location', 'content-encoding');
    });

    it('answers a HEAD with the same headers, without asking the store or putting it on record', async () => {
      const bytes = png({ value: 4 });
      const { path } = await maskOf(bytes);
      const whole = await ask(path);
      storage.reads = 0;
      const { rows: before } = await host.knex.raw('select count(*) from annotation_mask_audit');
      const head = await ask(path, { range: 'bytes=0-4' }, 'HEAD');
      const { date: _, ...headers } = head.headers;
      expect(whole.headers).to.deep.include(headers);
      expect(headers).to.include({ 'content-length': String(bytes.length) });
      expect({ status: head.status, length: head.bytes.length, reads: storage.reads }).to.deep.equal({
        status: 200,
        length: 0,
        reads: 0,
      });
      const { rows: after } = await host.knex.raw('select count(*) from annotation_mask_audit');
      expect(after).to.deep.equal(before);
    });

    it('goes on record like a download URL', async () => {
      const { mask, path } = await maskOf(png());
      await ask(path);
      await ask(path, { range: 'bytes=0-4' });
      const rows = await host.knex('annotation_mask_audit').where({ action: 'content-downloaded' }).orderBy('id');
      expect(rows.slice(-2).map(({ actor, outcome, details }) => ({ actor, outcome, details }))).to.deep.equal(
        Array(2).fill({ actor: 'ben', outcome: 'done', details: { mask_ids: [mask.id] } }),
      );
    });

    it('answers single ranges with just their bytes', async function () {
      if (store === 's3' && s3Cannot('range')) this.skip();
      const bytes = pngOf(300_000, 5);
      const { path } = await maskOf(bytes);
      const size = bytes.length;
      const ranges: [asked: string, start: number, end: number][] = [
        ['bytes=0-0', 0, 0],
        ['bytes=10-19', 10, 19],
        ['bytes=299990-', 299_990, size - 1],
        ['bytes=-7', size - 7, size - 1],
        ['bytes=-9999999', 0, size - 1],
        ['bytes=100-9999999', 100, size - 1],
      ];
      for (const [range, start, end] of ranges) {
        const got = await ask(path, { range });
        expect(got.status, range).to.equal(206);
        expect(got.bytes.equals(bytes.subarray(start, end + 1)), range).to.equal(true);
        expect(got.headers).to.include({
          'content-range': `bytes ${start}-${end}/${size}`,
          'content-length': String(end - start + 1),
        });
      }
    });

    it('answers ranges that it does not take with the whole, and those that are not there with 416', async () => {
      const bytes = png({ value: 6 });
      const { path } = await maskOf(bytes);
      for (const range of [
        'bytes=0-1,3-4',
        'bytes=4-2',
        'bytes=',
        'bytes=-',
        'lines=0-1',
        'bytes=a-b',
        'bytes=0x0-1',
      ]) {
        const got = await ask(path, { range });
        expect({ status: got.status, whole: got.bytes.equals(bytes) }, range).to.deep.equal({
          status: 200,
          whole: true,
        });
      }
      for (const range of [`bytes=${bytes.length}-`, 'bytes=999999999999999999999-', 'bytes=-0']) {
        const answer = await host.api('GET', path, undefined, { headers: { range } });
        expect({ status: answer.status, code: answer.body?.code }, range).to.deep.equal({
          status: 416,
          code: 'range-not-satisfiable',
        });
        expect(answer.headers.get('content-range')).to.equal(`bytes */${bytes.length}`);
      }
    });

    it('is not sent again to who has it, and a range only of the bytes that the client knows', async () => {
      const bytes = png({ value: 8 });
      const { mask, path } = await maskOf(bytes);
      const etag = `"${mask.checksum}"`;
      for (const tags of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
        const got = await ask(path, { 'if-none-match': tags });
        expect({ status: got.status, length: got.bytes.length, etag: got.headers.etag }, tags).to.deep.equal({
          status: 304,
          length: 0,
          etag,
        });
      }
      expect(storage.reads).to.equal(0);
      expect((await host.api('GET', path, undefined, { headers: { 'if-none-match': etag } })).status).to.equal(304);
      expect((await ask(path, { 'if-none-match': '"other"' })).status).to.equal(200);
      const range = 'bytes=0-3';
      expect((await ask(path, { range, 'if-range': etag })).status).to.equal(206);
      for (const other of ['"other"', `W/${etag}`, new Date().toUTCString()]) {
        expect((await ask(path, { range, 'if-range': other })).status, other).to.equal(200);
      }
    });

    it('passes gzip on as it is stored, ranges of it too', async () => {
      const bytes = gzipSync(Buffer.from('{"size": [1, 1], "counts": "01"}'));
      const { path } = await maskOf(bytes, { mime_type: 'application/json', content_encoding: 'gzip' });
      const got = await ask(path);
      expect(got.bytes.equals(bytes)).to.equal(true);
      expect(got.headers).to.include({ 'content-type': 'application/json', 'content-encoding': 'gzip' });
      expect(got.headers['content-disposition']).to.match(/^attachment; filename="mask-\d+\.json"$/);
      expect((await ask(path, { range: 'bytes=2-5' })).bytes.equals(bytes.subarray(2, 6))).to.equal(true);
    });

    it('serves no type that is not known here, and rows that promise neither size nor checksum', async () => {
      const bytes = png({ value: 9 });
      const { mask, path } = await maskOf(bytes);
      const adopted = { mime_type: 'text/html', file_size: null, checksum: null };
      await host.knex('annotation_mask').where({ id: mask.id }).update(adopted);
      const got = await ask(path);
      expect(got.bytes.equals(bytes)).to.equal(true);
      expect(got.headers).to.include({
        'content-type': 'application/octet-stream',
        'content-disposition': `attachment; filename="mask-${mask.id}.bin"`,
        'content-length': String(bytes.length),
      });
      expect(got.headers).to.not.have.property('etag');
      expect((await ask(path, { range: 'bytes=0-1' })).status).to.equal(206);
    });

    it('answers 404 once the mask is deleted, also while it is being asked for', async () => {
      const { mask, path } = await maskOf(png());
      storage.beforeRead = async () => {
        await host.api('DELETE', path.replace('/content', ''));
        await waitFor(async () => !(await host.keys()).includes(mask.file_path));
      };
      for (const _ of ['while', 'after']) {
        const answer = await host.api('GET', path);
        expect({ status: answer.status, code: answer.body?.code }).to.deep.equal({
          status: 404,
          code: 'mask-not-found',
        });
        expect(answer.headers.get('cache-control')).to.equal('no-store');
      }
    });

    it('leaves connections to the store for others when clients are slow', async () => {
      const large = pngOf(30 * 2 ** 20, 13);
      const { mask, path } = await maskOf(large);
      const small = await maskOf(png({ value: 13 }));
      const slow = await begin(path);
      const waiting = ask(path);
      await waitFor(async () => (await recorded(mask)) === 2, { message: 'the second to be on its way' });
      expect((await ask(small.path)).status).to.equal(200);
      expect((await maskOf(png({ value: 15 }))).mask.id).to.be.a('number');
      expect(storage.open.size).to.equal(1);
      slow.destroy();
      expect((await waiting).bytes.equals(large)).to.equal(true);
    });

    it('is not fetched for a client that has left while it waited for its turn', async () => {
      const { mask, path } = await maskOf(pngOf(30 * 2 ** 20, 16));
      const slow = await begin(path);
      const left = request(address(path), { agent: false, headers: { authorization: 'Bearer ben' } });
      const broken = once(left, 'error');
      left.end();
      await waitFor(async () => (await recorded(mask)) === 2, { message: 'the second to be on its way' });
      left.destroy(new Error('left'));
      await broken;
      await waitFor(() => deserted === 1, { message: 'the server to notice' });
      slow.destroy();
      expect((await ask(path)).status).to.equal(200);
      expect(storage.reads).to.equal(2);
      expect(events).to.deep.equal([]);
    });

    async function recorded(mask: Mask): Promise<number> {
      const { rows } = await host.knex.raw(
        `select count(*)::int as count from annotation_mask_audit
         where action = 'content-downloaded' and details->'mask_ids' = ?::jsonb`,
        [JSON.stringify([mask.id])],
      );
      return rows[0].count;
    }

    it('answers 503 when a small object has changed', async () => {
      const bytes = png({ value: 14 });
      const { mask, path } = await maskOf(bytes);
      const changed = Buffer.from(bytes);
      changed[50] = (changed[50] ?? 0) ^ 1;
      await overwriteIn(inner, mask.file_path, changed);
      expect((await host.api('GET', path)).body?.code).to.equal('storage-unavailable');
    });

    it('answers 503 when the object is missing or of another size, and breaks the connection when it has changed', async () => {
      const bytes = pngOf(500_000, 10);
      const { mask, path } = await maskOf(bytes);
      const key = mask.file_path as ObjectKey;
      await storage.delete([key]);
      expect((await host.api('GET', path)).body?.code).to.equal('storage-unavailable');
      await overwriteIn(inner, key, bytes.subarray(1));
      expect((await host.api('GET', path)).body?.code).to.equal('storage-unavailable');
      const changed = Buffer.from(bytes);
      changed[1000] = (changed[1000] ?? 0) ^ 1;
      await overwriteIn(inner, key, changed);
      await expectBroken(await begin(path));
    });

    it('breaks the connection when the store stops half-way, and tells onEvent', async () => {
      const { path } = await maskOf(pngOf(8 * 2 ** 20, 11));
      const response = await begin(path);
      for (const body of storage.open) body.destroy(new StorageError('unavailable', 'The store has gone.'));
      await expectBroken(response);
      expect(events).to.have.length(1);
      expect(events[0]).to.include({
        type: 'request-failed',
        operation: 'getMaskContent',
        code: 'storage-unavailable',
      });
    });

    it('stops reading when the client goes away, and reads no further than it does', async () => {
      const { path } = await maskOf(pngOf(24 * 2 ** 20, 12));
      const response = await begin(path);
      let received = 0;
      for await (const chunk of response) {
        received += chunk.length;
        const [body] = storage.open;
        const read = (body as { bytesRead?: number } | undefined)?.bytesRead;
        if (read !== undefined) expect(read - received, 'bytes read ahead').to.be.below(12 * 2 ** 20);
        if (received > 8 * 2 ** 20) break; // ends the connection
      }
      await waitFor(() => storage.open.size === 0, { message: 'the object to be closed' });
      expect(events).to.deep.equal([]);
    });

    async function begin(path: string): Promise<IncomingMessage> {
      const asked = get(address(path), { headers: { authorization: 'Bearer ben' }, agent: false });
      const [response] = (await once(asked, 'response')) as [IncomingMessage];
      expect(response.statusCode).to.equal(200);
      return response;
    }

    async function expectBroken(response: IncomingMessage): Promise<void> {
      const error = await buffer(response).then(
        () => expect.fail('the answer ended as if it were whole'),
        (reason: NodeJS.ErrnoException) => reason,
      );
      expect(error.code).to.equal('ECONNRESET');
    }
  });
}

describe('the option download', () => {
  it('redirects unless it says otherwise, and takes nothing else', async () => {
    const host = await startHost({ store: 'filesystem', router: { maintenance: false } });
    try {
      const { knex, storage } = host;
      const auth = { authenticate: () => null, authorize: () => false };
      const make = (download: unknown) =>
        createMaskUploadRouter({ knex, storage, auth, maintenance: false, download } as MaskUploadRouterOptions);
      for (const wrong of ['stream', '', false, true]) expect(() => make(wrong)).to.throw(TypeError, /download/);
      const group = await newGroup(host);
      const [signed] = await upload(host, group, [{ bytes: png() }]);
      const { body } = await host.api('POST', `${group}/complete`, { uploaded_files: [signed?.file_path] });
      expect((await host.api('GET', `${maskPath(group, body.masks[0].id)}/content`)).status).to.equal(302);
    } finally {
      await host.close();
    }
  });
});
