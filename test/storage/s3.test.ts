import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  HeadBucketCommand,
  PutBucketVersioningCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { expect } from 'chai';
import type { ObjectKey, Sha256Hex } from '../../src/domain/types.js';
import { type GuaranteeName, type StorageContractBackend, storageContract } from '../../src/storage/contract.js';
import { createS3Storage, type S3Storage, type S3StorageOptions } from '../../src/storage/s3/index.js';
import { isStorageError, type StorageError } from '../../src/storage/storage.js';
import { type FreshBucket, freshBucket, otherCredentials, s3Cannot } from '../support/s3.js';
import { type TcpProxy, tcpProxy } from '../support/tcp-proxy.js';

const KEY = 'mask/0123/42/a.png' as ObjectKey;
const MISSING = 'mask/0123/42/missing.png' as ObjectKey;

describe('S3 storage', () => {
  let bucket: FreshBucket;
  let storage: S3Storage;
  const closing: { close(): unknown }[] = [];

  before(async () => {
    bucket = await freshBucket();
    storage = open({});
    // only now has the global fixture chosen the server, and with it what to skip; mocha runs what is added meanwhile
    storageContract(contractBackend());
  });

  after(async () => {
    for (const resource of closing) await resource.close();
    await bucket?.drop();
  });

  /** A storage on the fresh bucket, but for what is given. */
  function open(options: Partial<S3StorageOptions>): S3Storage {
    const { name, region, endpoint, credentials } = bucket;
    const own = options.client ? {} : { region, endpoint, credentials, forcePathStyle: true };
    return closeLater(createS3Storage({ bucket: name, ...own, ...options }));
  }

  function closeLater<T extends { close(): unknown }>(resource: T): T {
    closing.push(resource);
    return resource;
  }

  async function store(key: string, bytes: Buffer, sha256?: Sha256Hex): Promise<ObjectKey> {
    const conditions = { contentType: 'image/png', contentLength: bytes.length, ttlSeconds: 60, sha256 };
    const { url, headers, method } = await storage.signUpload(key as ObjectKey, conditions);
    const target = new URL(url);
    // sent as it is signed: URL parsing would take `..` out of a path
    const request = http.request(target, { method, headers, path: url.slice(target.origin.length), agent: false });
    request.setHeader('content-length', bytes.length);
    request.end(bytes);
    const [answer] = (await once(request, 'response')) as [http.IncomingMessage];
    expect(answer.statusCode, await buffer(answer).then(String)).to.equal(200);
    return key as ObjectKey;
  }

  describe('head() and read()', () => {
    it('tell the SHA-256 that the store attests for a whole object', async function () {
      if (s3Cannot('checksum')) this.skip();
      const bytes = randomBytes(100);
      const sha256 = createHash('sha256').update(bytes).digest('hex') as Sha256Hex;
      const key = await store('attested', bytes, sha256);
      expect(await storage.head(key)).to.deep.equal({ size: 100, contentType: 'image/png', sha256 });
      const { info, body } = await storage.read(key);
      expect(info.sha256).to.equal(sha256);
      expect(await buffer(body)).to.deep.equal(bytes);
    });

    it('take the checksum of checksums of a multipart object for none', async function () {
      if (s3Cannot('checksum')) this.skip();
      const target = { Bucket: bucket.name, Key: 'multipart' };
      const { UploadId } = await bucket.client.send(
        new CreateMultipartUploadCommand({ ...target, ChecksumAlgorithm: 'SHA256' }),
      );
      const part = await bucket.client.send(
        new UploadPartCommand({ ...target, UploadId, PartNumber: 1, Body: 'abc', ChecksumAlgorithm: 'SHA256' }),
      );
      const { ETag, ChecksumSHA256 } = part;
      expect(ChecksumSHA256).to.be.a('string');
      const done = await bucket.client.send(
        new CompleteMultipartUploadCommand({
          ...target,
          UploadId,
          MultipartUpload: { Parts: [{ PartNumber: 1, ETag, ChecksumSHA256 }] },
        }),
      );
      expect(done.ChecksumSHA256).to.match(/-1$/);
      expect(await storage.head('multipart' as ObjectKey)).to.include({ size: 3, sha256: undefined });
      const { info, body } = await storage.read('multipart' as ObjectKey);
      expect(info.sha256).to.equal(undefined);
      expect(String(await buffer(body))).to.equal('abc');
    });

    it('use one connection after another, HEADs included', async () => {
      const key = await store('kept', randomBytes(2000));
      const front = await httpFront(bucket.endpoint);
      const few = open({ endpoint: front.endpoint, maxConnections: 2 });
      await Promise.all(
        Array.from({ length: 60 }, async (_, i) => {
          if (i % 2) expect((await few.head(key)).size).to.equal(2000);
          else expect((await buffer((await few.read(key)).body)).length).to.equal(2000);
        }),
      );
      expect(front.requests()).to.equal(60);
      expect(front.connections()).to.be.at.most(2);
    });

    it('say that what cannot be a key is missing', async () => {
      for (const key of ['', 'k'.repeat(1025), '\ud800'] as ObjectKey[]) {
        expect((await failure(storage.head(key))).code).to.equal('no-such-key');
        expect((await failure(storage.read(key))).code).to.equal('no-such-key');
      }
    });

    it('say that a range lies outside, and give no other bytes instead', async () => {
      const key = await store('short', randomBytes(10));
      const error = await failure(storage.read(key, { range: { start: 10, end: 20 } }));
      expect(error.code).to.equal('unavailable');
      expect(error.message).to.match(/InvalidRange/);
      expect((await failure(storage.read(key, { range: { start: 5, end: 2 } }))).code).to.equal('unavailable');
    });
  });

  it('takes any string for a key, and lists and deletes it again', async function () {
    if (imitated()) this.skip();
    const keys = [
      'odd/a b+c%25/ü€😀',
      "odd/(it's)!*~&=?#",
      'odd//x',
      'odd/../up',
      'odd/./.',
      'odd/tail/',
      'odd/<&>"',
      '.',
    ];
    const control = ['odd/ctl\u0001', 'odd/cr\r\nlf', 'odd/\uffff', 'odd/\u007f\u2028'];
    for (const key of [...keys, ...control]) {
      await store(key, Buffer.from(key));
      const { body } = await storage.read(key as ObjectKey);
      expect(String(await buffer(body)), JSON.stringify(key)).to.equal(key);
    }
    const listed = await all(storage.list(''));
    expect(listed.map(({ key }) => key)).to.include.members([...keys, ...control]);
    const gone = [...keys, ...control, '', 'k'.repeat(1025), MISSING] as ObjectKey[];
    expect(await storage.delete(gone)).to.deep.equal([]);
    expect((await all(storage.list('odd'))).map(({ key }) => key)).to.deep.equal([]);
  });

  it('sends the Content-MD5 that older servers demand of a delete', async () => {
    let header: string | undefined;
    const front = await httpFront(bucket.endpoint, ({ headers }) => {
      header = headers['content-md5'] as string | undefined;
      return false;
    });
    expect(await open({ endpoint: front.endpoint }).delete([MISSING])).to.deep.equal([]);
    expect(header).to.match(/^[A-Za-z0-9+/]{22}==$/);
  });

  it("works through the host's own client, and leaves it open", async () => {
    const { region, endpoint, credentials } = bucket;
    const client = closeLater({
      client: new S3Client({ region, endpoint, credentials, forcePathStyle: true }),
      close() {
        this.client.destroy();
      },
    }).client;
    const key = await store('own-client', randomBytes(10));
    const mine = open({ client });
    expect((await mine.head(key)).size).to.equal(10);
    expect((await all(mine.list('own-client'))).length).to.equal(1);
    expect(await mine.delete([key])).to.deep.equal([]);
    expect((await failure(mine.head(key))).code).to.equal('no-such-key');
    await mine.close();
    await client.send(new HeadBucketCommand({ Bucket: bucket.name }));
  });

  it('goes where it is told, not where AWS_ENDPOINT_URL_S3 points', async () => {
    const key = await store('env', randomBytes(10));
    process.env.AWS_ENDPOINT_URL_S3 = 'http://127.0.0.1:1';
    try {
      const here = open({ maxAttempts: 1 });
      expect((await here.head(key)).size).to.equal(10);
      expect((await all(here.list('env'))).length).to.equal(1);
    } finally {
      delete process.env.AWS_ENDPOINT_URL_S3;
    }
  });

  describe('tells apart', () => {
    it('a missing bucket from a missing object', async () => {
      const lost = open({ bucket: `${bucket.name}-lost` });
      for (const error of [
        await failure(lost.head(KEY)),
        await failure(lost.read(KEY)),
        await failure(all(lost.list(''))),
        (await lost.delete([KEY]))[0]?.error,
      ]) {
        expect(error?.code).to.equal('unavailable');
        expect(error?.message).to.match(/bucket does not exist \(NoSuchBucket\)/);
      }
      expect((await failure(storage.head(MISSING))).code).to.equal('no-such-key');
    });

    it('a wrong secret, and a user without rights, from a missing object', async () => {
      const key = await store('private', randomBytes(10));
      const wrong = { ...bucket.credentials, secretAccessKey: 'x'.repeat(40) };
      for (const credentials of imitated() ? [wrong] : [wrong, otherCredentials()]) {
        const other = open({ credentials });
        for (const error of [
          await failure(other.head(key)),
          await failure(other.read(key)),
          await failure(all(other.list(''))),
          (await other.delete([key]))[0]?.error,
        ]) {
          expect(error?.code).to.equal('access-denied');
        }
        expect((await failure(other.read(key))).message).to.match(/SignatureDoesNotMatch|s3:ListBucket/);
      }
      expect((await storage.head(key)).size).to.equal(10);
    });

    it('each key that could not be deleted', async function () {
      if (imitated()) this.skip();
      const keys = await Promise.all(['del/1', 'del/2'].map((key) => store(key, randomBytes(10))));
      const failures = await open({ credentials: otherCredentials() }).delete(keys);
      expect(failures.map(({ key, error }) => [key, error.code])).to.deep.equal([
        ['del/1', 'access-denied'],
        ['del/2', 'access-denied'],
      ]);
      expect((await all(storage.list('del/'))).length).to.equal(2);
    });

    it('a redirect, which it does not follow', async () => {
      const front = await httpFront(bucket.endpoint, (_, response) => {
        response.writeHead(301, { location: `${bucket.endpoint}/elsewhere`, 'x-amz-bucket-region': 'eu-west-1' });
        response.end('<Error><Code>PermanentRedirect</Code><Endpoint>x</Endpoint></Error>');
        return true;
      });
      const error = await failure(open({ endpoint: front.endpoint }).read(KEY));
      expect(error.code).to.equal('unavailable');
      expect(error.message)
        .to.match(/PermanentRedirect/)
        .and.to.match(/region is eu-west-1/);
      expect(front.requests()).to.equal(1);
    });

    it('a server that is no S3 from an empty bucket', async () => {
      const front = await httpFront(bucket.endpoint, (_, response) => {
        response.setHeader('content-type', 'text/html').end('<!doctype html><html><body>Welcome</body></html>');
        return true;
      });
      const nowhere = open({ endpoint: front.endpoint, maxAttempts: 1 });
      expect((await failure(all(nowhere.list('')))).code).to.equal('unavailable');
    });

    it('a refusal whose text never ends', async () => {
      const front = await httpFront(bucket.endpoint, (_, response) => {
        response.writeHead(403).write('<Error>');
        return true;
      });
      const error = await failure(open({ endpoint: front.endpoint, timeoutMs: 200 }).read(KEY));
      expect(error.code).to.equal('access-denied');
    });

    it('a server that is no S3 from a missing object', async () => {
      const front = await httpFront(bucket.endpoint, (_, response) => {
        response.writeHead(404, { 'content-type': 'text/html' }).end('<h1>Not found</h1>');
        return true;
      });
      const nowhere = open({ endpoint: front.endpoint });
      expect((await failure(nowhere.head(KEY))).code).to.equal('unavailable');
      expect((await failure(nowhere.read(KEY))).message).to.match(/is the endpoint an S3 server/);
    });
  });

  describe('when the store is not there', () => {
    let proxy: TcpProxy;
    let key: ObjectKey;

    before(async () => {
      proxy = closeLater(await tcpProxy(Number(new URL(bucket.endpoint).port)));
      key = await store('far/away', randomBytes(3_000_000));
    });

    afterEach(() => proxy.resume());

    const far = (options: Partial<S3StorageOptions> = {}) =>
      open({ endpoint: `http://127.0.0.1:${proxy.port}`, timeoutMs: 300, maxAttempts: 2, ...options });

    for (const [title, take] of [
      ['refuses connections', () => proxy.cut()],
      ['never answers', async () => proxy.pause()],
    ] as const) {
      it(`and ${title}, every call says so in time, and works again afterwards`, async () => {
        const away = far();
        expect((await away.head(key)).size).to.equal(3_000_000);
        await take();
        const begun = performance.now();
        const errors = await Promise.all([
          failure(away.head(key)),
          failure(away.read(key)),
          failure(all(away.list('far/'))),
          away.delete([MISSING, 'far/ctl\u0001' as ObjectKey]).then((failures) => {
            expect(failures.map((one) => one.key)).to.deep.equal([MISSING, 'far/ctl\u0001']);
            return failures[0]?.error;
          }),
        ]);
        for (const error of errors) expect(error?.code).to.equal('unavailable');
        expect(performance.now() - begun).to.be.below(5000);
        await proxy.resume();
        expect((await away.head(key)).size).to.equal(3_000_000);
        expect((await all(away.list('far/'))).length).to.equal(1);
        expect(await away.delete([MISSING])).to.deep.equal([]);
      });
    }

    it('and a body stops coming, its reader is told', async () => {
      const { body } = await far().read(key);
      await once(body, 'data');
      proxy.pause();
      const error = await failure(buffer(body));
      expect(error.code).to.equal('unavailable');
    });

    it('and a body breaks off, its reader is told, however late it begins', async () => {
      const { body } = await far().read(key);
      const closed = new Promise((resolve) => body.once('close', resolve));
      await proxy.cut();
      body.resume();
      await closed;
      const error = await failure(buffer(body));
      expect(error.code).to.equal('unavailable');
      expect(error.message).to.match(/could not be reached/);
    });

    it('a call can be cancelled, whatever it is waiting for', async () => {
      proxy.pause();
      const stop = new AbortController();
      const patient = far({ timeoutMs: 60_000, maxConnections: 1 });
      const calls = [patient.head(key, { signal: stop.signal }), patient.read(key, { signal: stop.signal })].map(
        failure,
      );
      stop.abort();
      for (const error of await Promise.all(calls)) expect(error.message).to.match(/cancelled/);
      await patient.close();
    });

    it('close() ends what is running', async () => {
      const away = far({ timeoutMs: 60_000 });
      const { body } = await away.read(key);
      proxy.pause();
      const waiting = failure(away.head(key));
      const reading = failure(buffer(body));
      await away.close();
      expect((await waiting).code).to.equal('unavailable');
      expect((await reading).code).to.equal('unavailable');
      expect((await failure(away.head(key))).code).to.equal('unavailable');
    });
  });

  describe('tries again', () => {
    it('after 503 and after broken connections, and is told when it is enough', async () => {
      const key = await store('again', randomBytes(10));
      let left = 0;
      const front = await httpFront(bucket.endpoint, (request, response) => {
        if (left-- <= 0) return false;
        if (left % 2) request.socket.resetAndDestroy();
        else response.writeHead(503).end('<Error><Code>SlowDown</Code></Error>');
        return true;
      });
      const patient = open({ endpoint: front.endpoint });
      for (const call of [
        () => patient.head(key),
        () => patient.read(key),
        () => all(patient.list('again')),
        () => patient.delete([MISSING, 'again/ctl\u0001' as ObjectKey]),
      ]) {
        left = 2;
        await call();
        expect(left).to.be.below(0);
      }
      left = 3;
      const error = await failure(patient.read(key));
      expect(error.message).to.match(/SlowDown/);
      expect(left).to.equal(0);
    });

    it('not after what would not change', async () => {
      const front = await httpFront(bucket.endpoint);
      const calm = open({ endpoint: front.endpoint });
      await failure(calm.read(MISSING));
      expect(front.requests()).to.equal(1);
    });

    it('not once the caller has gone', async () => {
      const stop = new AbortController();
      const front = await httpFront(bucket.endpoint, (_, response) => {
        response.writeHead(503).end();
        setImmediate(() => stop.abort());
        return true;
      });
      const error = await failure(open({ endpoint: front.endpoint }).head(KEY, { signal: stop.signal }));
      expect(error.message).to.match(/cancelled/);
      expect(front.requests()).to.equal(1);
    });
  });

  describe('an upload in parts', () => {
    const VOLUME = { contentType: 'application/vnd.nifti' };
    before(function () {
      if (s3Cannot('multipart')) this.skip();
    });

    /** An upload of one part, ready to be completed. */
    async function started(key: string, bytes: Buffer, by: S3Storage = storage) {
      const id = await by.startMultipart(key as ObjectKey, VOLUME);
      const conditions = { id, partNumber: 1, contentLength: bytes.length, ttlSeconds: 60 };
      const { url, method, headers } = await by.signPart(key as ObjectKey, conditions);
      expect((await fetch(url, { method, headers, body: bytes as never })).status).to.equal(200);
      return { key: key as ObjectKey, id, parts: await by.listParts(key as ObjectKey, id) };
    }

    const isCompletion = ({ method, url }: http.IncomingMessage) => method === 'POST' && /uploadId=/.test(url ?? '');
    const complete = (by: S3Storage, { key, id, parts }: Awaited<ReturnType<typeof started>>) =>
      by.completeMultipart(key, id, parts);
    const bytesOf = async (key: ObjectKey) => buffer((await storage.read(key)).body);

    it('is complete although the answer was lost', async () => {
      const bytes = randomBytes(1000);
      let lost = 0;
      const front = await httpFront(bucket.endpoint, (request, response) => {
        if (!isCompletion(request) || lost++ > 0) return false;
        const { method, url: path, headers } = request;
        const { hostname: host, port } = new URL(bucket.endpoint);
        const onward = http.request({ host, port, method, path, headers, agent: false }, (answer) => {
          answer.resume();
          response.destroy();
        });
        request.pipe(onward);
        return true;
      });
      const upload = await started('lost-answer', bytes);
      await complete(open({ endpoint: front.endpoint }), upload);
      expect(lost).to.be.above(1);
      expect(await bytesOf(upload.key)).to.deep.equal(bytes);
    });

    it('is not taken for complete when the answer begins well and turns out to be an error', async () => {
      const bytes = randomBytes(1000);
      let failing = 1;
      const front = await httpFront(bucket.endpoint, (request, response) => {
        if (!isCompletion(request) || failing-- <= 0) return false;
        response.writeHead(200, { 'content-type': 'application/xml' }).write('<?xml version="1.0"?>\n   ');
        setImmediate(() => response.end('<Error><Code>InternalError</Code><Message>no luck</Message></Error>'));
        return true;
      });
      const impatient = open({ endpoint: front.endpoint, maxAttempts: 1 });
      const upload = await started('late-error', bytes);
      const error = await failure(complete(impatient, upload));
      expect(error.message).to.match(/InternalError/);
      expect((await failure(storage.head(upload.key))).code).to.equal('no-such-key');
      failing = 2;
      await complete(open({ endpoint: front.endpoint }), upload);
      expect(failing).to.be.below(1);
      expect(await bytesOf(upload.key)).to.deep.equal(bytes);
    });

    it('may take longer to complete than other calls', async () => {
      const upload = await started('slow', randomBytes(10));
      let completions = 0;
      const front = await httpFront(bucket.endpoint, (request, response) => {
        if (!isCompletion(request)) return false;
        completions++;
        setTimeout(
          () => response.end('<CompleteMultipartUploadResult><Key>slow</Key></CompleteMultipartUploadResult>'),
          900,
        );
        return true;
      });
      await complete(open({ endpoint: front.endpoint, timeoutMs: 300 }), upload);
      expect(completions).to.equal(1);
    });

    it("works with the host's own client as the SDK makes it", async () => {
      const { region, endpoint, credentials } = bucket;
      const client = new S3Client({ region, endpoint, credentials, forcePathStyle: true });
      closeLater({ close: () => client.destroy() });
      const own = open({ client });
      const bytes = randomBytes(1000);
      const upload = await started('own-client', bytes, own);
      await complete(own, upload);
      expect(await bytesOf(upload.key)).to.deep.equal(bytes);
    });

    it('asks for encryption when it starts', async () => {
      let asked: http.IncomingHttpHeaders = {};
      const front = await httpFront(bucket.endpoint, ({ headers }, response) => {
        asked = headers;
        response.end('<InitiateMultipartUploadResult><UploadId>one</UploadId></InitiateMultipartUploadResult>');
        return true;
      });
      const sse = { algorithm: 'aws:kms', kmsKeyId: 'alias/masks' } as const;
      expect(await open({ endpoint: front.endpoint, sse }).startMultipart(KEY, VOLUME)).to.equal('one');
      expect(asked).to.include({
        'content-type': 'application/vnd.nifti',
        'x-amz-server-side-encryption': 'aws:kms',
        'x-amz-server-side-encryption-aws-kms-key-id': 'alias/masks',
      });
      expect(Object.keys(asked).join()).not.to.match(/checksum/);
    });

    it('is refused to whoever has no right', async () => {
      const stranger = open({ credentials: otherCredentials() });
      const { key, id, parts } = await started('strange', randomBytes(10));
      for (const call of [
        () => stranger.startMultipart(key, VOLUME),
        () => stranger.listParts(key, id),
        () => stranger.completeMultipart(key, id, parts),
        () => stranger.abortMultipart(key, id),
        () => stranger.abortMultipart(key),
      ]) {
        expect((await failure(call())).code).to.equal('access-denied');
      }
      await storage.abortMultipart(key);
    });
  });

  describe('check()', () => {
    const names = [
      'reach',
      'write',
      'read',
      'content-type',
      'length',
      'checksum',
      'write-once',
      'list',
      'multipart',
      'versioning',
      'delete',
    ];

    it('leaves nothing behind', async () => {
      const clean = await freshBucket();
      try {
        const { findings } = await open({ bucket: clean.name }).check();
        expect(findings.map(({ name }) => name)).to.deep.equal(names);
        expect(await clean.keys()).to.deep.equal([]);
        if (!s3Cannot('multipart')) {
          expect(await all(open({ bucket: clean.name }).listMultiparts(''))).to.deep.equal([]);
        }
      } finally {
        await clean.drop();
      }
    });

    it('says what a versioned bucket cannot give', async function () {
      const versioned = await freshBucket();
      try {
        const put = new PutBucketVersioningCommand({
          Bucket: versioned.name,
          VersioningConfiguration: { Status: 'Enabled' },
        });
        const possible = await versioned.client.send(put).then(
          () => true,
          () => false,
        );
        if (!possible) this.skip();
        const { ok, findings } = await open({ bucket: versioned.name }).check();
        expect(ok).to.equal(false);
        expect(findings.find(({ ok }) => !ok)?.message).to.match(/versioned: write-once is not atomic/);
      } finally {
        await versioned.drop();
      }
    });

    it('never rejects, and tells why nothing can be tried', async () => {
      const reasons = new Map<RegExp, Partial<S3StorageOptions>>([
        [/could not be reached \(ECONNREFUSED\)/, { endpoint: 'http://127.0.0.1:1', maxAttempts: 1 }],
        [/NoSuchBucket/, { bucket: `${bucket.name}-lost` }],
        [/SignatureDoesNotMatch/, { credentials: { ...bucket.credentials, secretAccessKey: 'x' } }],
        [/No credentials/, { credentials: () => Promise.reject(new Error('vault is sealed')) }],
      ]);
      if (!imitated()) reasons.set(/refused access/, { credentials: otherCredentials() });
      for (const [reason, options] of reasons) {
        const { ok, findings } = await open(options).check();
        expect(ok).to.equal(false);
        expect(findings.map(({ name }) => name)).to.deep.equal(names);
        expect(findings.find((finding) => !finding.ok)?.message).to.match(reason);
        expect(findings.every(({ message }) => message.length > 10 && !/https?:|AKIA|vault/.test(message))).to.equal(
          true,
        );
      }
    });

    it('says plainly what a store that takes everything does not check', async () => {
      const careless = await carelessStore();
      const { findings } = await open({ endpoint: careless.endpoint }).check();
      const failed = Object.fromEntries(findings.filter(({ ok }) => !ok).map(({ name, message }) => [name, message]));
      expect(Object.keys(failed)).to.have.members(['content-type', 'length', 'checksum', 'write-once', 'multipart']);
      expect(failed['write-once']).to.match(/ignores If-None-Match/);
      expect(failed.checksum).to.match(/ignores x-amz-checksum-sha256/);
      expect(failed.multipart).to.match(/files above multipartThresholdBytes cannot be uploaded/);
      expect(careless.objects.size).to.equal(0);
    });
  });

  it("does not keep the host's process alive", async () => {
    const key = await store('exit', randomBytes(10));
    const { name, region, endpoint, credentials } = bucket;
    const options = { bucket: name, region, endpoint, credentials, forcePathStyle: true };
    const script = `
      import { createS3Storage } from ${JSON.stringify(new URL('../../src/storage/s3/index.ts', import.meta.url).href)};
      const storage = createS3Storage(${JSON.stringify(options)});
      const { size } = await storage.head(${JSON.stringify(key)});
      for await (const _ of storage.list('exit'));
      await storage.delete(['exit/missing']);
      console.log(size);
      const begun = performance.now();
      process.on('exit', () => console.log(performance.now() - begun < 1000 ? 'at once' : 'late'));
    `;
    const child = promisify(execFile)(
      process.execPath,
      ['--no-warnings', '--import=tsx', '--input-type=module', '--eval', script],
      { cwd: fileURLToPath(new URL('../..', import.meta.url)), timeout: 15_000 },
    );
    expect((await child).stdout).to.equal('10\nat once\n');
  });

  /** An HTTP proxy before the store. `answer` may take a request for itself (true), else it is passed on unchanged. */
  async function httpFront(
    endpoint: string,
    answer: (request: http.IncomingMessage, response: http.ServerResponse) => boolean = () => false,
  ) {
    const target = new URL(endpoint);
    let requests = 0;
    let connections = 0;
    const server = http.createServer((request, response) => {
      requests++;
      if (answer(request, response)) return;
      const { method, url, headers } = request;
      const options = { host: target.hostname, port: target.port, method, path: url, headers, agent: false };
      const onward = http.request(options, (from) => {
        response.writeHead(from.statusCode ?? 502, { ...from.headers, connection: 'keep-alive' });
        from.pipe(response);
      });
      onward.on('error', () => response.destroy());
      request.pipe(onward);
    });
    server.on('connection', () => {
      connections++;
    });
    return { ...(await listen(server)), requests: () => requests, connections: () => connections };
  }

  /** An S3 server that believes everything: what `check()` is there to find out. */
  async function carelessStore() {
    const objects = new Map<string, Buffer>();
    const server = http.createServer(async (request, response) => {
      const { pathname, searchParams } = new URL(request.url ?? '/', 'http://x');
      const key = decodeURIComponent(pathname.slice(bucket.name.length + 2));
      const body = await buffer(request);
      const found = objects.get(key);
      response.setHeader('content-type', 'application/octet-stream');
      if (request.method === 'PUT') objects.set(key, body);
      if (request.method === 'PUT') return response.end();
      if (searchParams.has('delete')) {
        for (const [, name = ''] of String(body).matchAll(/<Key>(.*?)<\/Key>/g)) objects.delete(name);
        return response.end('<DeleteResult/>');
      }
      if (searchParams.has('list-type')) {
        const contents = [...objects.keys()].map((name) => `<Contents><Key>${name}</Key><Size>1</Size></Contents>`);
        return response.end(
          `<ListBucketResult><IsTruncated>false</IsTruncated>${contents.join('')}</ListBucketResult>`,
        );
      }
      if (searchParams.has('versioning')) return response.end('<VersioningConfiguration/>');
      if (!found) return response.writeHead(404).end('<Error><Code>NoSuchKey</Code></Error>');
      return response.writeHead(200, { 'content-length': found.length }).end(request.method === 'HEAD' ? '' : found);
    });
    return { ...(await listen(server)), objects };
  }

  async function listen(server: http.Server): Promise<{ endpoint: string }> {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    closeLater({
      close() {
        server.closeAllConnections();
        server.close();
      },
    });
    return { endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
  }
});

/** Whether the store is the one out of npm, which knows no rights and no unusual keys. Real ones answer ranges. */
function imitated(): boolean {
  return s3Cannot('range');
}

function contractBackend(): StorageContractBackend {
  let bucket: FreshBucket;
  return {
    name: 'S3 storage',
    async create() {
      bucket = await freshBucket();
      const { name, region, endpoint, credentials } = bucket;
      return createS3Storage({ bucket: name, region, endpoint, credentials, forcePathStyle: true });
    },
    async close(storage) {
      await (storage as S3Storage).close();
      await bucket.drop();
    },
    skip: (process.env.TEST_S3_CANNOT ?? '').split(',').filter(Boolean) as GuaranteeName[],
    listedObjects: 1001,
  };
}

async function all<T>(objects: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const object of objects) found.push(object);
  return found;
}

/** The StorageError of a call that must fail, after looking whether it gives anything away. */
async function failure(call: Promise<unknown>): Promise<StorageError> {
  const error = await call.then(
    () => new Error('it did not fail'),
    (reason: unknown) => reason,
  );
  if (!isStorageError(error)) throw error;
  expect(error.message).not.to.match(/https?:|AKIA|X-Amz|[0-9a-f]{64}/);
  return error;
}
