import {
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  S3Client,
  type S3ClientConfig,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { expect } from 'chai';
import type { ObjectKey, Sha256Hex } from '../../src/domain/types.js';
import { createMinioStorage, createS3Storage, type S3StorageOptions } from '../../src/storage/s3/index.js';
import { isStorageError, type SignedRequest, type UploadConditions } from '../../src/storage/storage.js';

const KEY = 'mask/0123/42/0190a0b0-0000-7000-8000-000000000001.png' as ObjectKey;
const SHA256 = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad' as Sha256Hex;
const SHA256_BASE64 = 'ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=';
const CREDENTIALS = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' };
const UPLOAD: UploadConditions = { contentType: 'image/png', contentLength: 2048, sha256: SHA256, ttlSeconds: 600 };
const DOWNLOAD = { contentType: 'image/png', fileName: 'a.png', ttlSeconds: 600 };

const LOCAL = { bucket: 'masks', region: 'us-east-1', endpoint: 'http://127.0.0.1:9000', credentials: CREDENTIALS };

/** Every way of addressing a bucket that a host may configure. */
const PLACES: Record<string, S3StorageOptions & { expected: string }> = {
  'path style': { ...LOCAL, forcePathStyle: true, expected: 'http://127.0.0.1:9000/masks/' },
  'an IP address without path style': { ...LOCAL, expected: 'http://127.0.0.1:9000/masks/' },
  'virtual-host style': {
    ...LOCAL,
    endpoint: 'https://s3.example.org:8443',
    expected: 'https://masks.s3.example.org:8443/',
  },
  'the default port, spelled out': {
    ...LOCAL,
    endpoint: 'https://s3.example.org:443',
    expected: 'https://masks.s3.example.org/',
  },
  'AWS S3': {
    bucket: 'masks',
    region: 'us-east-1',
    credentials: CREDENTIALS,
    expected: 'https://masks.s3.us-east-1.amazonaws.com/',
  },
  'AWS S3 in China': {
    bucket: 'masks',
    region: 'cn-north-1',
    credentials: CREDENTIALS,
    expected: 'https://masks.s3.cn-north-1.amazonaws.com.cn/',
  },
  'AWS S3, a bucket with dots': {
    bucket: 'masks.example.org',
    region: 'eu-west-3',
    credentials: CREDENTIALS,
    expected: 'https://s3.eu-west-3.amazonaws.com/masks.example.org/',
  },
  'AWS S3, path style': {
    bucket: 'masks',
    region: 'eu-west-3',
    forcePathStyle: true,
    credentials: CREDENTIALS,
    expected: 'https://s3.eu-west-3.amazonaws.com/masks/',
  },
  'a session token': {
    ...LOCAL,
    credentials: { ...CREDENTIALS, sessionToken: 'FwoGZXIvYXdzE+/=&x' },
    expected: 'http://127.0.0.1:9000/masks/',
  },
  'a credentials function': {
    ...LOCAL,
    credentials: async () => CREDENTIALS,
    expected: 'http://127.0.0.1:9000/masks/',
  },
};

const UPLOADS: Record<string, Partial<UploadConditions>> = {
  'a checksum': {},
  'no checksum': { sha256: undefined },
  'a content encoding': { contentType: 'application/vnd.nifti', contentEncoding: 'gzip' },
  'a type with a parameter': { contentType: 'application/dicom; transfer-syntax=1.2.840.10008.1.2.1' },
  'a week to live': { ttlSeconds: 604_800 },
};

const KEYS = [
  'a b+c%25/ü€😀.png',
  "(it's)!*~&=?#.png",
  '/leading',
  'double//slash',
  'up/../dir/./.',
  'tail/',
  'k'.repeat(1024),
];

describe('S3 signing', () => {
  describe('is byte for byte what the SDK signs', () => {
    for (const [title, { expected, ...options }] of Object.entries(PLACES)) {
      it(`for ${title}`, async () => {
        const storage = createS3Storage(options);
        const put = await storage.signUpload(KEY, UPLOAD);
        expect(put.url).to.match(new RegExp(`^${expected.replaceAll('.', '\\.')}mask/`));
        expect(put.url).to.equal(await sdkPut(options, KEY, UPLOAD, put));
        for (const method of ['GET', 'HEAD'] as const) {
          const get = await storage.signDownload(KEY, { ...DOWNLOAD, method });
          expect(get.url).to.equal(await sdkGet(options, KEY, get));
        }
      });
    }

    for (const [title, conditions] of Object.entries(UPLOADS)) {
      it(`for an upload with ${title}`, async () => {
        const put = await createS3Storage(LOCAL).signUpload(KEY, { ...UPLOAD, ...conditions });
        expect(put.url).to.equal(await sdkPut(LOCAL, KEY, { ...UPLOAD, ...conditions }, put));
      });
    }

    for (const key of KEYS) {
      it(`for the key ${key.slice(0, 20)}`, async () => {
        const put = await createS3Storage(LOCAL).signUpload(key as ObjectKey, UPLOAD);
        expect(put.url).to.equal(await sdkPut(LOCAL, key, UPLOAD, put));
      });
    }

    for (const sse of [{ algorithm: 'AES256' }, { algorithm: 'aws:kms', kmsKeyId: 'alias/masks' }] as const) {
      it(`for encryption with ${sse.algorithm}`, async () => {
        const put = await createS3Storage({ ...LOCAL, sse }).signUpload(KEY, UPLOAD);
        expect(put.headers['x-amz-server-side-encryption']).to.equal(sse.algorithm);
        expect(signedHeaders(put)).to.include('x-amz-server-side-encryption');
        expect(put.url).to.equal(
          await sdkPut(LOCAL, KEY, UPLOAD, put, {
            ServerSideEncryption: sse.algorithm,
            ...('kmsKeyId' in sse && { SSEKMSKeyId: sse.kmsKeyId }),
          }),
        );
      });
    }

    it("for the host's own client, FIPS and all", async () => {
      const client = new S3Client({ region: 'us-east-2', useFipsEndpoint: true, credentials: CREDENTIALS });
      const put = await createS3Storage({ bucket: 'masks', client }).signUpload(KEY, UPLOAD);
      expect(put.url).to.match(/^https:\/\/masks\.s3-fips\.us-east-2\.amazonaws\.com\/mask\//);
      const { url } = { url: await sdkPut({ bucket: 'masks', client }, KEY, UPLOAD, put) };
      expect(put.url).to.equal(url);
    });
  });

  describe('of an upload', () => {
    it('signs length, type, checksum and write-once, and says which headers to send', async () => {
      const put = await createS3Storage(LOCAL).signUpload(KEY, UPLOAD);
      expect(signedHeaders(put)).to.deep.equal([
        'content-length',
        'content-type',
        'host',
        'if-none-match',
        'x-amz-checksum-sha256',
        'x-amz-sdk-checksum-algorithm',
      ]);
      expect(put.method).to.equal('PUT');
      expect(put.headers).to.deep.equal({
        'content-type': 'image/png',
        'if-none-match': '*',
        'x-amz-checksum-sha256': SHA256_BASE64,
        'x-amz-sdk-checksum-algorithm': 'SHA256',
      });
    });

    it('signs the encoding where there is one, and asks for no checksum where none is known', async () => {
      const put = await createS3Storage(LOCAL).signUpload(KEY, {
        ...UPLOAD,
        sha256: undefined,
        contentEncoding: 'gzip',
      });
      expect(signedHeaders(put)).to.deep.equal([
        'content-encoding',
        'content-length',
        'content-type',
        'host',
        'if-none-match',
      ]);
      expect(put.headers).to.deep.equal({
        'content-type': 'image/png',
        'content-encoding': 'gzip',
        'if-none-match': '*',
      });
    });

    it('never holds the CRC32 of an empty body', async () => {
      for (const conditions of Object.values(UPLOADS)) {
        const { url, headers } = await createS3Storage(LOCAL).signUpload(KEY, { ...UPLOAD, ...conditions });
        expect(url + JSON.stringify(headers)).not.to.match(/crc32|AAAAAA/i);
      }
    });

    it('says when it dies, to the second that the store counts', async () => {
      const put = await createS3Storage(LOCAL).signUpload(KEY, UPLOAD);
      expect(put.expiresAt.getTime()).to.equal(signingDate(put).getTime() + 600_000);
    });
  });

  describe('of a part', () => {
    const PART = { id: '2~a/b+c=', partNumber: 7, contentLength: 5_242_880, ttlSeconds: 600 };

    it('signs upload, number, length and type, byte for byte as the SDK does', async () => {
      for (const [title, { expected, ...options }] of Object.entries(PLACES)) {
        const part = await createS3Storage(options).signPart(KEY, PART);
        expect(part.url, title).to.match(new RegExp(`^${expected.replaceAll('.', '\\.')}mask/`));
        expect(part).to.deep.include({ method: 'PUT', headers: { 'content-type': 'application/octet-stream' } });
        expect(signedHeaders(part)).to.deep.equal(['content-length', 'content-type', 'host']);
        expect(part.url).to.equal(await sdkPart(options, part));
        expect(part.expiresAt.getTime()).to.equal(signingDate(part).getTime() + 600_000);
      }
    });

    it('never holds a checksum of an empty body', async () => {
      const client = new S3Client({ region: 'us-east-1', credentials: CREDENTIALS });
      for (const storage of [createS3Storage(LOCAL), createS3Storage({ bucket: 'masks', client })]) {
        const { url, headers } = await storage.signPart(KEY, PART);
        expect(url + JSON.stringify(headers)).not.to.match(/crc32|checksum|AAAAAA/i);
      }
    });

    function sdkPart(options: S3StorageOptions, signed: SignedRequest) {
      const { id: UploadId, partNumber: PartNumber, contentLength: ContentLength } = PART;
      const command = new UploadPartCommand({ Bucket: options.bucket, Key: KEY, UploadId, PartNumber, ContentLength });
      // the command knows no type, as S3 keeps none
      command.middlewareStack.add(
        (next) => (args) => {
          (args.request as { headers: Record<string, string> }).headers['content-type'] = 'application/octet-stream';
          return next(args);
        },
        { step: 'build' },
      );
      return getSignedUrl(sdkClient(options), command, {
        expiresIn: 600,
        signingDate: signingDate(signed),
        signableHeaders: new Set(['content-type']),
      });
    }
  });

  describe('of a download', () => {
    it('fixes type, file name and caching of the answer', async () => {
      const storage = createS3Storage(LOCAL);
      const png = new URL((await storage.signDownload(KEY, DOWNLOAD)).url).searchParams;
      expect(png.get('response-content-type')).to.equal('image/png');
      expect(png.get('response-content-disposition')).to.equal('inline; filename="a.png"');
      expect(png.get('response-cache-control')).to.equal('private, max-age=300, immutable');
      const other = { ...DOWNLOAD, contentType: 'application/dicom', fileName: 'a".dcm\r\nX: y' };
      const dicom = new URL((await storage.signDownload(KEY, other)).url).searchParams;
      expect(dicom.get('response-content-disposition')).to.equal('attachment; filename="a_.dcm__X__y"');
    });

    it('needs no headers, and has at least half of its life left', async () => {
      const get = await createS3Storage(LOCAL).signDownload(KEY, DOWNLOAD);
      expect(get.headers).to.deep.equal({});
      expect(get.expiresAt.getTime() - Date.now()).to.be.within(299_000, 600_000);
    });
  });

  it('signs for the public host what browsers use', async () => {
    const storage = createS3Storage({ ...LOCAL, publicEndpoint: 'https://files.example.org' });
    const put = await storage.signUpload(KEY, UPLOAD);
    expect(put.url).to.match(/^https:\/\/masks\.files\.example\.org\/mask\//);
    expect(put.url).to.equal(await sdkPut({ ...LOCAL, endpoint: 'https://files.example.org' }, KEY, UPLOAD, put));
    const get = await storage.signDownload(KEY, DOWNLOAD);
    expect(get.url).to.equal(await sdkGet({ ...LOCAL, endpoint: 'https://files.example.org' }, KEY, get));
  });

  it('refuses a life that is none', async () => {
    const storage = createS3Storage(LOCAL);
    for (const ttlSeconds of [
      0,
      -1,
      Number.NaN,
      600.5,
      604_801,
      Number.POSITIVE_INFINITY,
      '600' as unknown as number,
    ]) {
      for (const signed of [
        storage.signUpload(KEY, { ...UPLOAD, ttlSeconds }),
        storage.signDownload(KEY, { ...DOWNLOAD, ttlSeconds }),
      ]) {
        expect(await rejection(signed), String(ttlSeconds)).to.match(/ttlSeconds must be/);
      }
    }
  });

  it('refuses what cannot be a key', async () => {
    const storage = createS3Storage(LOCAL);
    for (const key of ['', 'k'.repeat(1025), 'é'.repeat(513), '\ud800']) {
      expect(await rejection(storage.signUpload(key as ObjectKey, UPLOAD))).to.match(/1 to 1024 bytes/);
    }
  });

  describe('with credentials', () => {
    const dyingIn = (seconds: number) => ({ ...CREDENTIALS, expiration: new Date(Date.now() + seconds * 1000) });

    it('that die before the URL would, says when they do', async () => {
      const credentials = dyingIn(60);
      const storage = createS3Storage({ ...LOCAL, credentials });
      expect((await storage.signUpload(KEY, UPLOAD)).expiresAt).to.deep.equal(credentials.expiration);
      expect((await storage.signDownload(KEY, DOWNLOAD)).expiresAt).to.deep.equal(credentials.expiration);
    });

    it('that are dead or nearly so, says so', async () => {
      for (const seconds of [-10, 1]) {
        const storage = createS3Storage({ ...LOCAL, credentials: dyingIn(seconds) });
        const error = await storage.signUpload(KEY, UPLOAD).catch((reason) => reason);
        expect(isStorageError(error) && error.code).to.equal('unavailable');
        expect(error.message).to.match(/credentials .* expired/);
      }
    });

    it('asks for them once, and again when they are about to die', async () => {
      let asked = 0;
      const fresh = createS3Storage({ ...LOCAL, credentials: async () => dyingIn(asked++ === 0 ? 20 : 3600) });
      const [first, second, third] = [
        await fresh.signUpload(KEY, UPLOAD),
        await fresh.signUpload(KEY, UPLOAD),
        await fresh.signUpload(KEY, UPLOAD),
      ];
      expect(first.expiresAt.getTime()).to.be.below(Date.now() + 3_000_000);
      expect(second.expiresAt.getTime()).to.equal(signingDate(second).getTime() + 600_000);
      expect(third.expiresAt.getTime()).to.equal(signingDate(third).getTime() + 600_000);
      expect(asked).to.be.at.most(2);
    });

    it('that cannot be had, says so in time, and asks again', async () => {
      let answers = 0;
      const credentials = () =>
        answers++ === 0 ? Promise.reject(new Error('vault is sealed')) : Promise.resolve(CREDENTIALS);
      const storage = createS3Storage({ ...LOCAL, credentials });
      const error = await storage.signUpload(KEY, UPLOAD).catch((reason) => reason);
      expect(isStorageError(error) && error.code).to.equal('unavailable');
      expect(error.message)
        .to.match(/No credentials/)
        .and.not.to.match(/vault/);
      expect((await storage.signUpload(KEY, UPLOAD)).url).to.match(/X-Amz-Signature/);

      const hanging = createS3Storage({ ...LOCAL, credentials: () => new Promise(() => {}), timeoutMs: 50 });
      expect(await rejection(hanging.signUpload(KEY, UPLOAD))).to.match(/No credentials/);
    });
  });

  describe('options', () => {
    const wrong: [string, object, RegExp][] = [
      ['no options', undefined as unknown as object, /\{ bucket \}/],
      ['no bucket', { region: 'us-east-1' }, /pass `bucket`/],
      ...[
        'ab',
        'Masks',
        'a_b',
        'a..b',
        '-ab',
        '192.168.0.1',
        'x'.repeat(64),
        'masks/x',
        'arn:aws:s3:::x',
        'm--use1-az4--x-s3',
      ].map((bucket): [string, object, RegExp] => [`the bucket ${bucket}`, { ...LOCAL, bucket }, /pass `bucket`/]),
      ['a region that is none', { ...LOCAL, region: 'us east' }, /pass `region`/],
      ['an endpoint without a scheme', { ...LOCAL, endpoint: '127.0.0.1:9000' }, /`endpoint` must be a URL/],
      ['an endpoint of another scheme', { ...LOCAL, endpoint: 'ftp://127.0.0.1' }, /`endpoint` must be a URL/],
      ['an endpoint with a path', { ...LOCAL, endpoint: 'https://s3.example.org/masks' }, /no path/],
      ['an endpoint with a query', { ...LOCAL, endpoint: 'https://s3.example.org/?x=1' }, /no query/],
      ['an endpoint with credentials', { ...LOCAL, endpoint: 'https://a:b@s3.example.org' }, /not hold credentials/],
      ['http to another host', { ...LOCAL, endpoint: 'http://10.0.0.5:9000' }, /allowHttp: true/],
      ['http to a host that looks local', { ...LOCAL, endpoint: 'http://127.0.0.1.example.org' }, /allowHttp: true/],
      ['http to browsers', { ...LOCAL, publicEndpoint: 'http://files.example.org' }, /`publicEndpoint` is http:/],
      [
        'empty credentials',
        { ...LOCAL, credentials: { accessKeyId: '', secretAccessKey: 'x' } },
        /`credentials` must be/,
      ],
      ['an unknown encryption', { ...LOCAL, sse: { algorithm: 'rot13' } }, /`sse.algorithm`/],
      ['a KMS key without KMS', { ...LOCAL, sse: { algorithm: 'AES256', kmsKeyId: 'k' } }, /`sse.kmsKeyId`/],
      ['a timeout of 0', { ...LOCAL, timeoutMs: 0 }, /`timeoutMs`/],
      ['half an attempt', { ...LOCAL, maxAttempts: 0.5 }, /`maxAttempts`/],
      ['a client that is none', { bucket: 'masks', client: {} }, /must be an S3Client/],
    ];
    for (const [title, options, message] of wrong) {
      it(`refuses ${title}, and says what to pass`, () => {
        expect(() => createS3Storage(options as S3StorageOptions)).to.throw(message);
      });
    }

    it('refuses a client together with what is read from it', () => {
      const client = new S3Client({ region: 'us-east-1', credentials: CREDENTIALS });
      expect(() => createS3Storage({ bucket: 'masks', client, region: 'us-east-1' })).to.throw(/not both/);
    });

    it('never repeats a refused secret', () => {
      const secret = 'hunter2hunter2';
      for (const options of [
        { ...LOCAL, endpoint: `https://user:${secret}@s3.example.org` },
        { ...LOCAL, bucket: secret.toUpperCase() },
      ]) {
        expect(() => createS3Storage(options))
          .to.throw()
          .with.property('message')
          .that.does.not.match(/hunter2/i);
      }
    });

    it('takes http on this machine, and elsewhere when told', async () => {
      for (const endpoint of ['http://localhost:9000', 'http://127.1.2.3:9000', 'http://[::1]:9000']) {
        expect(
          (await createS3Storage({ ...LOCAL, endpoint, forcePathStyle: true }).signUpload(KEY, UPLOAD)).url,
        ).to.contain(endpoint);
      }
      const storage = createS3Storage({ ...LOCAL, endpoint: 'http://10.0.0.5:9000', allowHttp: true });
      expect((await storage.signUpload(KEY, UPLOAD)).url).to.match(/^http:\/\/10\.0\.0\.5:9000\/masks\//);
    });

    it("refuses http of the host's own client to another machine", async () => {
      const client = new S3Client({ region: 'us-east-1', endpoint: 'http://10.0.0.5:9000', credentials: CREDENTIALS });
      const storage = createS3Storage({ bucket: 'masks', client });
      for (const call of [
        storage.signUpload(KEY, UPLOAD),
        storage.head(KEY),
        storage.list('')[Symbol.asyncIterator]().next(),
        storage.delete([KEY]),
      ]) {
        expect(await rejection(call)).to.match(/allowHttp: true/);
      }
    });

    it('has the defaults of MinIO under its own name', async () => {
      const storage = createMinioStorage({ bucket: 'masks', credentials: CREDENTIALS, endpoint: undefined });
      expect(storage.provider).to.equal('minio');
      const { url } = await storage.signUpload(KEY, UPLOAD);
      expect(url).to.match(/^http:\/\/127\.0\.0\.1:9000\/masks\/mask\//);
      expect(url).to.contain('us-east-1');
      expect(() => createMinioStorage(undefined as unknown as S3StorageOptions)).to.throw(/pass `bucket`/);
    });
  });

  describe('and the environment', () => {
    const NAMES = ['AWS_ENDPOINT_URL', 'AWS_ENDPOINT_URL_S3', 'AWS_REGION', 'AWS_DEFAULT_REGION'];
    let saved: Record<string, string | undefined>;

    beforeEach(() => {
      saved = Object.fromEntries(NAMES.map((name) => [name, process.env[name]]));
      for (const name of NAMES) delete process.env[name];
    });

    afterEach(() => {
      for (const [name, value] of Object.entries(saved)) {
        if (value === undefined) delete process.env[name];
        else process.env[name] = value;
      }
    });

    it('is never redirected by AWS_ENDPOINT_URL', async () => {
      process.env.AWS_ENDPOINT_URL_S3 = 'http://evil.example.org';
      process.env.AWS_ENDPOINT_URL = 'http://evil.example.org';
      const aws = createS3Storage({ bucket: 'masks', region: 'us-east-1', credentials: CREDENTIALS });
      expect((await aws.signUpload(KEY, UPLOAD)).url).to.match(/^https:\/\/masks\.s3\.us-east-1\.amazonaws\.com\//);
      expect((await createS3Storage(LOCAL).signDownload(KEY, DOWNLOAD)).url).to.match(/^http:\/\/127\.0\.0\.1:9000\//);
    });

    it('gives the region where none is passed, and is asked for when it does not', async () => {
      expect(() => createS3Storage({ bucket: 'masks' })).to.throw(/AWS_REGION/);
      process.env.AWS_DEFAULT_REGION = 'eu-central-1';
      const { url } = await createS3Storage({ bucket: 'masks', credentials: CREDENTIALS }).signUpload(KEY, UPLOAD);
      expect(url).to.contain('eu-central-1');
    });
  });
});

function sdkClient({ client, region = 'us-east-1', endpoint, forcePathStyle = false, credentials }: S3StorageOptions) {
  const config: S3ClientConfig = {
    region,
    forcePathStyle,
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  };
  return client ?? new S3Client({ ...config, ...(endpoint && { endpoint }), ...(credentials && { credentials }) });
}

/** What the SDK makes of the same conditions at the same second. */
function sdkPut(
  options: S3StorageOptions,
  Key: string,
  upload: UploadConditions,
  signed: SignedRequest,
  more: object = {},
) {
  const command = new PutObjectCommand({
    Bucket: options.bucket,
    Key,
    ContentType: upload.contentType,
    ContentLength: upload.contentLength,
    ...(upload.contentEncoding && { ContentEncoding: upload.contentEncoding }),
    ...(upload.sha256 && { ChecksumAlgorithm: 'SHA256', ChecksumSHA256: SHA256_BASE64 }),
    IfNoneMatch: '*',
    ...more,
  });
  return getSignedUrl(sdkClient(options), command, {
    expiresIn: upload.ttlSeconds,
    signingDate: signingDate(signed),
    signableHeaders: new Set(['content-type']),
    unhoistableHeaders: new Set(['x-amz-checksum-sha256', 'x-amz-sdk-checksum-algorithm']),
  });
}

function sdkGet(options: S3StorageOptions, Key: string, signed: SignedRequest) {
  const input = {
    Bucket: options.bucket,
    Key,
    ResponseContentType: 'image/png',
    ResponseContentDisposition: 'inline; filename="a.png"',
    ResponseCacheControl: 'private, max-age=300, immutable',
  };
  const command = signed.method === 'HEAD' ? new HeadObjectCommand(input) : new GetObjectCommand(input);
  return getSignedUrl(sdkClient(options), command as GetObjectCommand, {
    expiresIn: 600,
    signingDate: signingDate(signed),
  });
}

function signingDate({ url }: SignedRequest): Date {
  const text = new URL(url).searchParams.get('X-Amz-Date') ?? '';
  return new Date(text.replace(/^(....)(..)(..T..)(..)/, '$1-$2-$3:$4:'));
}

function signedHeaders({ url }: SignedRequest): string[] {
  return (new URL(url).searchParams.get('X-Amz-SignedHeaders') ?? '').split(';');
}

async function rejection(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'nothing was refused',
    (error: Error) => error.message,
  );
}
