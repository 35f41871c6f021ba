import { execFile, spawn } from 'node:child_process';
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { lstat, mkdir, mkdtemp, open, readdir, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import http, { type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { expect } from 'chai';
import express from 'express';
import type { ObjectKey, Sha256Hex } from '../../src/domain/types.js';
import { storageContract } from '../../src/storage/contract.js';
import { createFilesystemStorage, type FilesystemStorageOptions } from '../../src/storage/filesystem/index.js';
import { isStorageError, type SignedRequest, type StorageErrorCode } from '../../src/storage/storage.js';
import { memoryHeld } from '../support/memory.js';

const run = promisify(execFile);
const SECRET = 'one-secret-of-at-least-32-bytes-1';
const ORIGIN = 'https://viewer.example';
const DOWNLOAD = { contentType: 'image/png', fileName: 'mask-1.png', ttlSeconds: 600 };

/** How a host serves the handler. */
type Mount = (handler: ReturnType<typeof createFilesystemStorage>['handler']) => http.RequestListener;
const inExpress: Mount = (handler) => express().use('/mask-files', handler);
const onBareHttp: Mount = (handler) => handler;

async function start(mount: Mount = inExpress, options: Partial<FilesystemStorageOptions> = {}) {
  const root = options.root ?? (await mkdtemp(path.join(tmpdir(), 'masks-')));
  let listener: http.RequestListener = () => {};
  const server = http.createServer((req, res) => listener(req, res));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const storage = createFilesystemStorage({ secret: SECRET, publicUrl: `${origin}/mask-files`, ...options, root });
  listener = mount(storage.handler);
  return {
    root,
    origin,
    storage,
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await rm(root, { recursive: true, force: true });
    },
  };
}

for (const [title, mount] of [
  ['in Express', inExpress],
  ['on bare node:http', onBareHttp],
] as const) {
  let host: Awaited<ReturnType<typeof start>>;
  storageContract({
    name: `filesystem ${title}`,
    listedObjects: 100,
    async create() {
      host = await start(mount);
      return host.storage;
    },
    close: () => host.stop(),
  });
}

describe('filesystem storage', () => {
  let host: Awaited<ReturnType<typeof start>>;

  beforeEach(async () => {
    host = await start();
  });

  afterEach(() => host.stop());

  /** Starts the host of one test anew. */
  async function restart(mount: Mount = inExpress, options: Partial<FilesystemStorageOptions> = {}): Promise<void> {
    await host.stop();
    host = await start(mount, options);
  }

  function newKey(): ObjectKey {
    return `mask/installation/7/${randomUUID()}.png` as ObjectKey;
  }

  function signUpload(key: ObjectKey, bytes: Uint8Array, ttlSeconds = 600): Promise<SignedRequest> {
    return host.storage.signUpload(key, {
      contentType: 'image/png',
      contentLength: bytes.byteLength,
      sha256: createHash('sha256').update(bytes).digest('hex') as Sha256Hex,
      ttlSeconds,
    });
  }

  async function upload(key: ObjectKey, bytes: Uint8Array): Promise<Response> {
    const { url, method, headers } = await signUpload(key, bytes);
    return fetch(url, { method, headers, body: bytes });
  }

  async function stored(bytes: Uint8Array = randomBytes(100)): Promise<ObjectKey> {
    const key = newKey();
    expect((await upload(key, bytes)).status).to.equal(200);
    return key;
  }

  async function download(key: ObjectKey, headers: Record<string, string> = {}): Promise<Response> {
    return fetch((await host.storage.signDownload(key, DOWNLOAD)).url, { headers });
  }

  /** Every file under the root, unfinished uploads included. */
  async function files(): Promise<string[]> {
    const entries = await readdir(host.root, { recursive: true, withFileTypes: true });
    return entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
  }

  async function untilNoFiles(): Promise<void> {
    while ((await files()).length > 0) await delay(5);
  }

  describe('leaves no file behind', () => {
    it('of an upload whose URL was changed or used again', async () => {
      const bytes = randomBytes(50);
      const key = newKey();
      const signed = await signUpload(key, bytes);
      const put = (url: string) => fetch(url, { method: 'PUT', headers: signed.headers, body: bytes });
      expect((await put(signed.url.replace('length=50', 'length=51'))).status).to.equal(403);
      expect((await put(signed.url.replace('mask/', 'mask2/'))).status).to.equal(403);
      expect((await put(`${signed.url}&length=1`)).status).to.equal(403);
      expect(await files()).to.deep.equal([]);
      expect((await put(signed.url)).status).to.equal(200);
      expect((await put(signed.url)).status).to.equal(412);
      expect(await files()).to.deep.equal([path.join(host.root, key)]);
    });

    it('of an upload with other bytes than signed', async () => {
      const signed = await signUpload(newKey(), randomBytes(300_000));
      const answer = await fetch(signed.url, { ...signed, body: randomBytes(300_000) });
      expect(answer.status).to.equal(400);
      expect(await detailOf(answer)).to.equal('The SHA-256 of the body is not the one that was signed');
      expect(await files()).to.deep.equal([]);
    });

    it('of an upload whose connection breaks half-way', async () => {
      const bytes = randomBytes(1_000_000);
      const { url, headers } = await signUpload(newKey(), bytes);
      const out = http.request(url, { method: 'PUT', headers: { ...headers, 'content-length': bytes.length } });
      out.on('error', () => {});
      out.write(bytes.subarray(0, 500_000));
      while ((await files()).length === 0) await delay(5);
      out.destroy();
      await untilNoFiles();
    });

    it('of an upload that stops arriving, which is told so', async () => {
      await restart(inExpress, { maxIdleMs: 100 });
      for (const length of [1000, 1_000_000]) {
        const bytes = randomBytes(length);
        const { url, headers } = await signUpload(newKey(), bytes);
        const status = await new Promise((resolve, reject) => {
          const out = http.request(url, { method: 'PUT', headers: { ...headers, 'content-length': length } });
          out.on('response', (answer) => resolve(answer.statusCode)).on('error', reject);
          out.write(bytes.subarray(0, length / 2));
        });
        expect(status).to.equal(408);
        await untilNoFiles();
      }
    });

    it('of an upload that does not fit on the disk, while smaller ones still do', async function () {
      if (process.platform !== 'linux' || process.getuid?.() !== 0) this.skip(); // it takes root to mount a small disk
      const disk = await mkdtemp(path.join(tmpdir(), 'small-disk-'));
      await run('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', disk]);
      try {
        await restart(inExpress, { root: path.join(disk, 'masks') });
        const large = await Promise.all([1, 2, 3].map(() => upload(newKey(), randomBytes(400_000))));
        expect(large.map(({ status }) => status)).to.deep.equal([507, 507, 507]);
        expect(await files()).to.deep.equal([]);
        const key = await stored(randomBytes(50_000));
        expect(await files()).to.deep.equal([path.join(host.root, key)]);
        // a file's bytes fit, its name in a folder of its own may not: whatever is said, it is true
        let fitted = 1;
        for (let serial = 0; serial < 80; serial++) {
          const bytes = randomBytes(4000);
          const other = `mask/installation/${serial}/${randomUUID()}.png` as ObjectKey;
          const { status } = await upload(other, bytes);
          expect(status).to.be.oneOf([200, 507]);
          if (status === 200) fitted++;
          expect(await files()).to.have.length(fitted);
        }
        expect(fitted).to.be.below(80);
      } finally {
        await host.stop();
        await run('umount', [disk]);
        await rm(disk, { recursive: true });
        host = await start();
      }
    });

    it('of paths that try to leave the root or to reach what is hidden in it', async () => {
      await stored();
      const before = await files();
      const { search } = new URL((await signUpload(newKey(), randomBytes(3))).url);
      for (const attempt of [
        '../evil.png',
        'mask/../../evil.png',
        '..%2f..%2fevil.png',
        '%2e%2e/evil.png',
        '..\\evil.png',
        '/etc/passwd',
        '//etc/passwd',
        '.tmp/evil.png',
        'mask/.hidden',
        'mask//evil.png',
        'mask/evil.png%00',
        'mask/',
        '',
        'a'.repeat(5000),
      ]) {
        for (const method of ['GET', 'PUT']) {
          const answer = await rawRequest(method, `${host.origin}/mask-files/${attempt}${search}`);
          expect(answer.status, `${method} ${attempt}`).to.equal(403);
          expect(answer.body).not.to.match(/evil|passwd|hidden|aaaa/);
        }
      }
      expect(await files()).to.deep.equal(before);
    });

    it('of uploads that crashed a day ago, but keeps those that still go on', async () => {
      const [old, young] = ['old', 'young'].map((name) => path.join(host.root, '.tmp', name)) as [string, string];
      await mkdir(path.dirname(old));
      await Promise.all([old, young].map((file) => writeFile(file, 'half a mask')));
      const twoDaysAgo = new Date(Date.now() - 48 * 3600 * 1000);
      await utimes(old, twoDaysAgo, twoDaysAgo);
      await stored();
      while ((await files()).includes(old)) await delay(5);
      expect(await files()).to.include(young);
    });
  });

  it('has nothing under, and signs nothing for, a key that could leave the root', async () => {
    for (const key of ['../x.png', '/etc/passwd', 'mask/../x', 'a\\b', 'a\0b', '', '.tmp/x', 'ä.png'] as ObjectKey[]) {
      await expectStorageError('no-such-key', () => signUpload(key, randomBytes(1)));
      await expectStorageError('no-such-key', () => host.storage.signDownload(key, DOWNLOAD));
      await expectStorageError('no-such-key', () => host.storage.head(key));
      await expectStorageError('no-such-key', () => host.storage.read(key));
      expect(await host.storage.delete([key])).to.deep.equal([]);
    }
    const listed = [];
    for await (const object of host.storage.list('../')) listed.push(object);
    expect(listed).to.deep.equal([]);
  });

  it('takes neither a symbolic link nor a folder for an object', async () => {
    await stored();
    const secret = path.join(host.root, 'secret.txt');
    await writeFile(secret, 'not a mask');
    await symlink(secret, path.join(host.root, 'mask', 'link.png'));
    for (const key of ['mask/link.png', 'mask/installation'] as ObjectKey[]) {
      await expectStorageError('no-such-key', () => host.storage.head(key));
      await expectStorageError('no-such-key', () => host.storage.read(key));
      expect((await download(key)).status).to.equal(404);
    }
  });

  it('writes into a folder that is deleted, empty, at the same time', async () => {
    const statuses = await Promise.all(
      Array.from({ length: 100 }, async () => {
        const key = newKey();
        const { status } = await upload(key, randomBytes(10));
        await host.storage.delete([key]);
        return status;
      }),
    );
    expect(new Set(statuses)).to.deep.equal(new Set([200]));
    expect(await files()).to.deep.equal([]);
  });

  it('does not wait for a disk that hangs', async function () {
    if (process.platform === 'win32') this.skip(); // there are no named pipes that look like files
    await restart(inExpress, { timeoutMs: 100 });
    const key = await stored();
    const file = path.join(host.root, key);
    await rm(file);
    // opening a pipe that nobody writes to takes for ever
    await run('mkfifo', [file]);
    try {
      await expectStorageError('unavailable', () => host.storage.read(key));
    } finally {
      await (await open(file, 'r+')).close();
    }
  });

  it('removes the folder of the last object in it', async () => {
    const key = await stored();
    await host.storage.delete([key]);
    const gone = await lstat(path.dirname(path.join(host.root, key))).catch((error) => error.code);
    expect(gone).to.equal('ENOENT');
  });

  it('does not take a folder that is gone, as an unmounted volume is, for objects that are missing', async () => {
    const key = await stored();
    const away = `${host.root}-away`;
    await rename(host.root, away);
    await mkdir(host.root);
    await expectStorageError('unavailable', () => host.storage.head(key));
    const [failure] = await host.storage.delete([key]);
    expect(failure?.error.code).to.equal('unavailable');
    expect((await download(key)).status).to.equal(503);
    expect((await upload(newKey(), randomBytes(5))).status).to.equal(503);
    const { ok, findings } = await host.storage.check();
    expect(ok).to.equal(false);
    expect(findings.find(({ name }) => name === 'reach')?.message).to.contain('mount it again');
    await rm(host.root, { recursive: true });
    await rename(away, host.root);
    expect((await download(key)).status).to.equal(200);
  });

  it('tells the host, and not the client, what is wrong with the folder', async () => {
    const told: unknown[] = [];
    await restart(inExpress, { onError: (error) => told.push(error) });
    await rm(host.root, { recursive: true });
    await writeFile(host.root, 'a file in place of the folder');
    const answer = await download(newKey());
    expect(answer.status).to.equal(503);
    expect(answer.headers.get('retry-after')).to.equal('5');
    expect(await answer.text()).not.to.contain(host.root);
    expect(told.map((error) => isStorageError(error) && error.code)).to.deep.equal(['unavailable']);
  });

  describe('secrets', () => {
    it('rotate: the first signs, all of them verify', async () => {
      const [older, newer] = ['o'.repeat(32), 'n'.repeat(32)];
      await restart(inExpress, { secret: older });
      const bytes = randomBytes(20);
      const key = await stored(bytes);
      const { pathname, search } = new URL((await host.storage.signDownload(key, DOWNLOAD)).url);

      const statusWith = async (secret: string[]) => {
        const other = await start(inExpress, { secret });
        await rm(other.root, { recursive: true });
        await rename(host.root, other.root);
        const { status } = await fetch(`${other.origin}${pathname}${search}`);
        await rename(other.root, host.root);
        await other.stop();
        return status;
      };
      expect(await statusWith([newer, older])).to.equal(200);
      expect(await statusWith([newer])).to.equal(403);
    });

    it('are refused below 32 bytes, with a word on how to make one', () => {
      const create = (secret: string | string[]) => () =>
        createFilesystemStorage({ root: '/nowhere', secret, publicUrl: 'https://pacs.example' });
      expect(create('short')).to.throw(TypeError, 'secret has 5 bytes, at least 32 are needed: make one with "openssl');
      expect(create([SECRET, 'short'])).to.throw(TypeError, 'has 5 bytes');
      expect(create([])).to.throw(TypeError, 'secret is missing');
      expect(create(undefined as never)).to.throw(TypeError, 'secret is missing');
    });
  });

  it('wants https: for its public URL, but on loopback', () => {
    const create = (publicUrl: string, allowHttp = false) =>
      createFilesystemStorage({ root: '/nowhere', secret: SECRET, publicUrl, allowHttp });
    expect(() => create('http://pacs.example/files')).to.throw(TypeError, 'publicUrl is http: and not loopback');
    expect(() => create('http://127.0.0.1.evil.example')).to.throw(TypeError, 'not loopback');
    expect(() => create('/files')).to.throw(TypeError, 'publicUrl is not an http: or https: URL');
    expect(() => create('https://user:pass@pacs.example')).to.throw(TypeError, 'user name');
    expect(create('http://pacs.example/files', true).provider).to.equal('filesystem');
    expect(create('http://[::1]:8080').provider).to.equal('filesystem');
  });

  describe('in a host', () => {
    it('says so when a body parser ate the body', async () => {
      await restart((handler) =>
        express()
          .use(express.raw({ type: '*/*' }))
          .use('/mask-files', handler),
      );
      const answer = await upload(newKey(), randomBytes(10));
      expect(answer.status).to.equal(500);
      expect(await detailOf(answer)).to.contain('A body parser ran before the storage handler');
      expect(await files()).to.deep.equal([]);
    });

    it('leaves other paths to it', async () => {
      await restart((handler) =>
        express()
          .use(handler)
          .get('/health', (_req, res) => void res.send('fine')),
      );
      expect(await (await fetch(`${host.origin}/health`)).text()).to.equal('fine');
      const key = await stored();
      expect((await download(key)).status).to.equal(200);
    });

    it('works on an origin of its own, without a path', async () => {
      const own = await start(onBareHttp);
      const storage = createFilesystemStorage({ root: own.root, secret: SECRET, publicUrl: host.origin });
      await host.stop();
      host = { ...own, storage };
      const { pathname, search } = new URL((await storage.signDownload(newKey(), DOWNLOAD)).url);
      expect((await fetch(`${own.origin}${pathname}${search}`)).status).to.equal(404);
    });

    it('answers other methods with what it allows', async () => {
      const { url } = await host.storage.signDownload(newKey(), DOWNLOAD);
      const answer = await fetch(url, { method: 'DELETE' });
      expect(answer.status).to.equal(405);
      expect(answer.headers.get('allow')).to.equal('GET, HEAD, PUT, OPTIONS');
    });

    it('answers a large upload with the reason, not with a broken connection', async () => {
      let now = Date.now();
      await restart(inExpress, { clock: () => now });
      const bytes = randomBytes(20_000_000);
      const { url, headers } = await signUpload(newKey(), bytes);
      now += 600_000;
      const answer = await fetch(url, { method: 'PUT', headers, body: bytes });
      expect(answer.status).to.equal(403);
      expect(answer.headers.get('content-type')).to.equal('application/problem+json');
      expect(await detailOf(answer)).to.equal('The URL has expired: ask for a new one');
      expect(await files()).to.deep.equal([]);
    });

    it('keeps memory flat under a large upload', async () => {
      const chunk = randomBytes(1_000_000);
      const count = 100;
      const key = newKey();
      const conditions = { contentType: 'application/dicom', contentLength: count * chunk.length, ttlSeconds: 60 };
      const { url, headers } = await host.storage.signUpload(key, conditions);
      const out = http.request(url, { method: 'PUT', headers: { ...headers, 'content-length': count * chunk.length } });
      const answered = new Promise<http.IncomingMessage>((resolve, reject) => {
        out.on('response', resolve).on('error', reject);
      });
      let most = 0;
      const before = memoryHeld().arrayBuffers;
      const chunks = Readable.from(
        (function* () {
          for (let i = 0; i < count; i++) {
            if (i % 10 === 9) most = Math.max(most, memoryHeld().arrayBuffers - before);
            yield chunk;
          }
        })(),
        { objectMode: true, highWaterMark: 1 },
      );
      await pipeline(chunks, out);
      expect((await answered).statusCode).to.equal(200);
      expect((await host.storage.head(key)).size).to.equal(100_000_000);
      expect(most).to.be.below(20_000_000);
    });
  });

  describe('an upload in parts', () => {
    const VOLUME = { contentType: 'application/vnd.nifti' };

    function signPart(key: ObjectKey, id: string, partNumber: number, contentLength: number): Promise<SignedRequest> {
      return host.storage.signPart(key, { id, partNumber, contentLength, ttlSeconds: 600 });
    }

    async function sendPart(key: ObjectKey, id: string, partNumber: number, bytes: Uint8Array): Promise<number> {
      const { url, method, headers } = await signPart(key, id, partNumber, bytes.byteLength);
      return (await fetch(url, { method, headers, body: bytes as never })).status;
    }

    async function started(...parts: Uint8Array[]): Promise<{ key: ObjectKey; id: string }> {
      const key = newKey();
      const id = await host.storage.startMultipart(key, VOLUME);
      for (const [index, bytes] of parts.entries()) expect(await sendPart(key, id, index + 1, bytes)).to.equal(200);
      return { key, id };
    }

    async function complete({ key, id }: { key: ObjectKey; id: string }): Promise<Buffer> {
      await host.storage.completeMultipart(key, id, await host.storage.listParts(key, id));
      return buffer((await host.storage.read(key)).body);
    }

    it('is out of sight of the list of objects, and nobody can ask for its parts', async () => {
      const { key } = await started(randomBytes(10));
      const [file = ''] = await files();
      expect(file).to.include(key);
      const listed = [];
      for await (const object of host.storage.list('')) listed.push(object);
      expect(listed).to.deep.equal([]);
      const hidden = path.relative(host.root, file) as ObjectKey;
      await expectStorageError('no-such-key', () => host.storage.read(hidden));
      await expectStorageError('no-such-key', () => host.storage.signDownload(hidden, DOWNLOAD));
    });

    it('takes nothing under the name of another upload than its own', async () => {
      const { key } = await started();
      for (const id of ['', '..', `${randomUUID()}/..`, '.', randomUUID().toUpperCase()]) {
        await expectStorageError('no-such-upload', () => host.storage.listParts(key, id));
        await expectStorageError('no-such-upload', () => host.storage.completeMultipart(key, id, []));
        await expectStorageError('no-such-upload', () => host.storage.abortMultipart(key, id));
      }
      expect(await sendPart(key, randomUUID(), 1, randomBytes(10))).to.equal(404);
      expect(await sendPart(key, '../..', 1, randomBytes(10))).to.equal(404);
      expect(await files()).to.deep.equal([]);
    });

    it('says of a late part that the object is there, or that the upload was given up', async () => {
      const bytes = randomBytes(10);
      const [done, given] = [await started(bytes), await started(bytes)];
      await complete(done);
      await host.storage.abortMultipart(given.key);
      expect(await sendPart(done.key, done.id, 1, bytes)).to.equal(412);
      expect(await sendPart(given.key, given.id, 1, bytes)).to.equal(404);
      expect(await files()).to.deep.equal([path.join(host.root, done.key)]);
    });

    it('leaves nothing of a part that arrives while it is given up', async () => {
      const upload = await started(randomBytes(10));
      const { url, headers } = await signPart(upload.key, upload.id, 2, 2_000_000);
      const out = http.request(url, { method: 'PUT', headers: { ...headers, 'content-length': 2_000_000 } });
      const answered = new Promise<http.IncomingMessage>((resolve, reject) => {
        out.on('response', resolve).on('error', reject);
      });
      out.write(randomBytes(1_000_000));
      while ((await files()).length < 2) await delay(5);
      await host.storage.abortMultipart(upload.key);
      out.end(randomBytes(1_000_000));
      expect((await answered).statusCode).to.equal(404);
      expect(await files()).to.deep.equal([]);
      expect(await readdir(path.join(host.root, '.multipart'))).to.deep.equal([]);
    });

    it('can be completed again after the process was killed while it did that', async () => {
      const bytes = randomBytes(64_000_000);
      const parts = [0, 1, 2, 3].map((part) => bytes.subarray(part * 16_000_000, (part + 1) * 16_000_000));
      const { key, id } = await started(...parts);
      const options = { root: host.root, secret: SECRET, publicUrl: `${host.origin}/mask-files` };
      const script = `
        import { createFilesystemStorage } from './src/storage/filesystem/index.ts';
        const storage = createFilesystemStorage(${JSON.stringify(options)});
        await storage.completeMultipart('${key}', '${id}', await storage.listParts('${key}', '${id}'));`;
      const child = spawn(process.execPath, ['--no-warnings', '--import=tsx', '--input-type=module', '-e', script]);
      const ended = once(child, 'exit');
      const copies = async () => (await readdir(path.join(host.root, '.tmp'))).length;
      while ((await copies()) === 0 && child.exitCode === null) await delay(1);
      child.kill('SIGKILL');
      await ended;
      expect(bytes.equals(await complete({ key, id }))).to.equal(true);
    });

    it('is ended by completing it again when a crash came after the object was there', async () => {
      const [bytes, other] = [randomBytes(1000), randomBytes(1000)];
      const upload = await started(bytes);
      const target = path.join(host.root, upload.key);
      await mkdir(path.dirname(target), { recursive: true });
      await writeFile(target, other);
      expect(await complete(upload)).to.deep.equal(other);
      expect(await files()).to.deep.equal([target]);
    });

    it('is kept however long it takes; what a crash left of one that has ended is not', async () => {
      const { key, id } = await started(randomBytes(10));
      const dead = path.join(host.root, '.tmp', 'dead');
      await mkdir(dead);
      await writeFile(path.join(dead, '00001'), 'a part');
      const twoDaysAgo = new Date(Date.now() - 48 * 3600 * 1000);
      for (const old of [...(await files()), dead]) await utimes(old, twoDaysAgo, twoDaysAgo);
      const again = createFilesystemStorage({ root: host.root, secret: SECRET, publicUrl: host.origin });
      await again.listParts(key, id);
      while ((await readdir(path.join(host.root, '.tmp'))).length > 0) await delay(5);
      expect((await again.listParts(key, id)).map(({ size }) => size)).to.deep.equal([10]);
    });

    it('refuses to make an object of a part that has changed since it was listed', async () => {
      const { key, id } = await started(randomBytes(10));
      const listed = await host.storage.listParts(key, id);
      expect(await sendPart(key, id, 1, randomBytes(10))).to.equal(200);
      await expectStorageError('unavailable', () => host.storage.completeMultipart(key, id, listed));
      await expectStorageError('no-such-key', () => host.storage.head(key));
      expect(await complete({ key, id })).to.have.length(10);
    });

    it('says that the folder is gone, not that the upload is', async () => {
      const { key, id } = await started(randomBytes(10));
      await rename(host.root, `${host.root}-away`);
      try {
        for (const call of [
          () => host.storage.listParts(key, id),
          () => host.storage.abortMultipart(key),
          () => host.storage.abortMultipart(key, id),
          () => host.storage.completeMultipart(key, id, []),
        ]) {
          await expectStorageError('unavailable', call);
        }
        expect(await sendPart(key, id, 1, randomBytes(10))).to.equal(503);
      } finally {
        await rename(`${host.root}-away`, host.root);
      }
    });

    it('keeps memory flat while parts are put together', async () => {
      const part = randomBytes(12_000_000);
      const upload = await started(part, part, part, part, part);
      const parts = await host.storage.listParts(upload.key, upload.id);
      const before = memoryHeld().arrayBuffers;
      let most = 0;
      let done = false;
      const completing = host.storage.completeMultipart(upload.key, upload.id, parts).finally(() => {
        done = true;
      });
      while (!done) {
        most = Math.max(most, memoryHeld().arrayBuffers - before);
        await delay(20);
      }
      await completing;
      expect((await host.storage.head(upload.key)).size).to.equal(60_000_000);
      expect(most).to.be.below(12_000_000);
    });
  });

  describe('a download', () => {
    it('has the headers of bytes that nobody should run, for no longer than its URL', async () => {
      const { headers } = await download(await stored());
      expect(headers.get('content-disposition')).to.equal('inline; filename="mask-1.png"');
      expect(headers.get('x-content-type-options')).to.equal('nosniff');
      expect(headers.get('content-security-policy')).to.equal("sandbox; default-src 'none'");
      expect(headers.get('referrer-policy')).to.equal('no-referrer');
      const [, seconds] = /^private, max-age=(\d+), immutable/.exec(headers.get('cache-control') ?? '') ?? [];
      expect(Number(seconds)).to.be.within(299, 600);
    });

    it('is an attachment unless it is a PNG', async () => {
      const key = await stored();
      const conditions = { ...DOWNLOAD, contentType: 'application/dicom', fileName: 'mask-1.dcm' };
      const { headers } = await fetch((await host.storage.signDownload(key, conditions)).url);
      expect(headers.get('content-type')).to.equal('application/dicom');
      expect(headers.get('content-disposition')).to.equal('attachment; filename="mask-1.dcm"');
    });

    it('is not sent again to who has it', async () => {
      const key = await stored();
      const etag = (await download(key)).headers.get('etag') ?? '';
      expect((await download(key, { 'if-none-match': `"other", W/${etag}` })).status).to.equal(304);
      expect((await download(key, { 'if-none-match': '"other"' })).status).to.equal(200);
    });

    it('answers ranges, and the whole when a range is of another object or not understood', async () => {
      const bytes = randomBytes(100);
      const key = await stored(bytes);
      const etag = (await download(key)).headers.get('etag') ?? '';
      const part = await download(key, { range: 'bytes=90-', 'if-range': etag });
      expect(part.status).to.equal(206);
      expect(part.headers.get('content-range')).to.equal('bytes 90-99/100');
      expect(Buffer.from(await part.arrayBuffer())).to.deep.equal(bytes.subarray(90));
      expect((await download(key, { range: 'bytes=0-9', 'if-range': '"other"' })).status).to.equal(200);
      for (const range of ['bytes=5-1', 'bytes=-', 'bytes=0-1,5-6', 'lines=1-2', 'bytes=x']) {
        expect((await download(key, { range })).status, range).to.equal(200);
      }
      for (const range of ['bytes=100-', 'bytes=-0', 'bytes=99999999999999999999-']) {
        const answer = await download(key, { range });
        expect(answer.status, range).to.equal(416);
        expect(answer.headers.get('content-range')).to.equal('bytes */100');
      }
    });

    it('that is left half-way closes its file', async function () {
      const descriptors = () => readdir('/proc/self/fd').then((names) => names.length);
      if (process.platform !== 'linux') this.skip();
      const key = await stored(randomBytes(20_000_000));
      const { url } = await host.storage.signDownload(key, DOWNLOAD);
      const before = await descriptors();
      for (let i = 0; i < 20; i++) {
        const answer = await new Promise<http.IncomingMessage>((resolve) => http.get(url, { agent: false }, resolve));
        await new Promise((resolve) => answer.once('data', resolve));
        answer.destroy();
      }
      while ((await descriptors()) > before) await delay(5);
    });
  });

  describe('pages of another origin', () => {
    const preflight = (url: string, origin: string) =>
      fetch(url, {
        method: 'OPTIONS',
        headers: { origin, 'access-control-request-method': 'PUT', 'access-control-request-headers': 'content-type' },
      });

    it('may upload and download when theirs is allowed', async () => {
      await restart(inExpress, { corsOrigins: [ORIGIN] });
      const bytes = randomBytes(10);
      const { url, headers } = await signUpload(newKey(), bytes);
      const asked = await preflight(url, ORIGIN);
      expect(asked.status).to.equal(204);
      expect(asked.headers.get('access-control-allow-origin')).to.equal(ORIGIN);
      expect(asked.headers.get('access-control-allow-methods')).to.contain('PUT');
      expect(asked.headers.get('access-control-allow-headers')).to.match(/content-type.*if-none-match/i);
      const put = await fetch(url, { method: 'PUT', headers: { ...headers, origin: ORIGIN }, body: bytes });
      expect(put.status).to.equal(200);
      expect(put.headers.get('access-control-allow-origin')).to.equal(ORIGIN);
      const again = await fetch(url, { method: 'PUT', headers: { ...headers, origin: ORIGIN }, body: bytes });
      expect(again.status).to.equal(412);
      expect(again.headers.get('access-control-allow-origin')).to.equal(ORIGIN);
      expect(again.headers.get('access-control-expose-headers')).to.contain('ETag');
      expect(again.headers.get('vary')).to.contain('Origin');
    });

    it('are told nothing when theirs is not', async () => {
      await restart(inExpress, { corsOrigins: [ORIGIN] });
      const { url } = await host.storage.signDownload(newKey(), DOWNLOAD);
      for (const origin of ['https://viewer.example.evil', 'http://viewer.example', 'null']) {
        expect((await preflight(url, origin)).headers.get('access-control-allow-origin'), origin).to.equal(null);
      }
    });

    it('are all allowed by *', async () => {
      await restart(inExpress, { corsOrigins: '*' });
      const { url } = await host.storage.signDownload(newKey(), DOWNLOAD);
      expect((await preflight(url, 'null')).headers.get('access-control-allow-origin')).to.equal('*');
    });

    it('cannot be given as anything but origins', () => {
      const create = (corsOrigins: string[]) => () =>
        createFilesystemStorage({ root: '/x', secret: SECRET, publicUrl: 'https://pacs.example', corsOrigins });
      for (const origin of ['https://viewer.example/', 'viewer.example', '*', 'https://VIEWER.example']) {
        expect(create([origin]), origin).to.throw(TypeError, 'corsOrigins');
      }
    });
  });
});

/** A request whose path goes out as it is written; a URL object would tidy it up. */
async function rawRequest(method: string, url: string): Promise<{ status: number; body: string }> {
  const { hostname, port, origin } = new URL(url);
  const headers: IncomingHttpHeaders = method === 'PUT' ? { 'content-length': '3' } : {};
  const answer = await new Promise<http.IncomingMessage>((resolve, reject) => {
    const out = http.request({ method, hostname, port, path: url.slice(origin.length), headers, agent: false });
    out.on('response', resolve).on('error', reject);
    out.end(method === 'PUT' ? 'abc' : undefined);
  });
  return { status: answer.statusCode ?? 0, body: (await buffer(answer)).toString() };
}

async function detailOf(answer: Response): Promise<string> {
  return ((await answer.json()) as { detail: string }).detail;
}

async function expectStorageError(code: StorageErrorCode, act: () => Promise<unknown>): Promise<void> {
  const outcome = await act().catch((error: unknown) => error);
  expect(isStorageError(outcome) && outcome.code).to.equal(code);
}
