import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import type { ObjectKey } from '../../src/domain/types.js';
import { signedUrlTtlsFromEnv, storageFromEnv } from '../../src/storage/from-env.js';

const KEY = 'mask/installation/1/file.png' as ObjectKey;
const SECRET = 'a-secret-of-at-least-thirty-two-bytes';
const UPLOAD = { contentType: 'image/png', contentLength: 3, ttlSeconds: 60 };
const S3 = {
  OBJECT_STORAGE_PROVIDER: 's3',
  S3_BUCKET_NAME: 'pacs-masks',
  S3_REGION: 'eu-central-1',
  AWS_ACCESS_KEY_ID: 'AKIAEXAMPLE',
  AWS_SECRET_ACCESS_KEY: 'example-secret-key',
};
const FILESYSTEM = {
  OBJECT_STORAGE_PROVIDER: 'filesystem',
  FILESYSTEM_STORAGE_ROOT: '/nowhere',
  FILESYSTEM_STORAGE_SECRET: SECRET,
  FILESYSTEM_STORAGE_PUBLIC_URL: 'https://pacs.example/mask-files',
};

function messageOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('nothing was thrown');
}

describe('storageFromEnv', () => {
  it('signs for the bucket, region and credentials of S3', async () => {
    const storage = storageFromEnv({ ...S3, AWS_SESSION_TOKEN: 'a-token' });
    const url = new URL((await storage.signUpload(KEY, UPLOAD)).url);
    expect(storage.provider).to.equal('s3');
    expect(url.hostname).to.match(/^pacs-masks\.s3\.eu-central-1\./);
    expect(url.searchParams.get('X-Amz-Credential')).to.match(/^AKIAEXAMPLE\/\d{8}\/eu-central-1\/s3\//);
    expect(url.searchParams.get('X-Amz-Security-Token')).to.equal('a-token');
    await storage.close?.();
  });

  it('signs for the public endpoint, in path style', async () => {
    const storage = storageFromEnv({
      ...S3,
      S3_ENDPOINT: 'http://127.0.0.1:8020',
      S3_PUBLIC_ENDPOINT: 'https://files.example',
      S3_FORCE_PATH_STYLE: 'TRUE',
    });
    const url = new URL((await storage.signUpload(KEY, UPLOAD)).url);
    expect(url.origin + url.pathname).to.equal(`https://files.example/pacs-masks/${KEY}`);
    await storage.close?.();
  });

  it('knows where MinIO is by default', async () => {
    const storage = storageFromEnv({ ...S3, OBJECT_STORAGE_PROVIDER: 'minio', S3_REGION: '' });
    const url = new URL((await storage.signUpload(KEY, UPLOAD)).url);
    expect(storage.provider).to.equal('minio');
    expect(url.origin + url.pathname).to.equal(`http://127.0.0.1:9000/pacs-masks/${KEY}`);
    await storage.close?.();
  });

  it('makes a filesystem storage with its handler, and takes blanks off the values', async () => {
    const root = await mkdtemp(path.join(tmpdir(), 'masks-'));
    try {
      const storage = storageFromEnv({
        ...FILESYSTEM,
        FILESYSTEM_STORAGE_ROOT: root,
        FILESYSTEM_STORAGE_SECRET: `${SECRET}\n`,
      });
      expect(storage.provider).to.equal('filesystem');
      expect(storage.handler).to.be.a('function');
      expect((await storage.check()).ok).to.equal(true);
      const same = storageFromEnv({ ...FILESYSTEM, FILESYSTEM_STORAGE_SECRET: `${SECRET}, ${'b'.repeat(32)}` });
      const download = { contentType: 'image/png', fileName: 'mask.png', ttlSeconds: 3600 };
      const urls = await Promise.all([storage, same].map(async (one) => (await one.signDownload(KEY, download)).url));
      expect(urls[0]).to.match(/^https:\/\/pacs\.example\/mask-files\/mask\//);
      expect(urls[1]).to.equal(urls[0]);
    } finally {
      await rm(root, { recursive: true });
    }
  });

  it('says which providers there are', () => {
    for (const OBJECT_STORAGE_PROVIDER of [undefined, '', 'gcs']) {
      const message = messageOf(() => storageFromEnv({ OBJECT_STORAGE_PROVIDER }));
      expect(message).to.match(/OBJECT_STORAGE_PROVIDER .*s3, minio or filesystem/);
      expect(message).not.to.contain('gcs');
    }
  });

  it('names everything that S3 lacks or that is malformed at once, and no value', () => {
    const message = messageOf(() =>
      storageFromEnv({
        OBJECT_STORAGE_PROVIDER: 's3',
        S3_BUCKET_NAME: 'Not_A_Bucket',
        S3_ENDPOINT: 'ftp://user:topsecret@files',
        S3_PUBLIC_ENDPOINT: 'https://files.example/with/path',
        S3_FORCE_PATH_STYLE: 'maybe',
        AWS_SECRET_ACCESS_KEY: 'half-of-the-pair',
      }),
    );
    for (const name of [
      'S3_BUCKET_NAME',
      'S3_REGION',
      'S3_ENDPOINT',
      'S3_PUBLIC_ENDPOINT',
      'S3_FORCE_PATH_STYLE',
      'AWS_ACCESS_KEY_ID',
    ]) {
      expect(message).to.contain(`\n- ${name} `);
    }
    expect(message).not.to.match(/topsecret|half-of|Not_A|maybe|with\/path/);
  });

  it('names everything that the filesystem lacks at once, and how to make a secret', () => {
    const message = messageOf(() => storageFromEnv({ OBJECT_STORAGE_PROVIDER: 'filesystem' }));
    expect(message).to.contain('\n- FILESYSTEM_STORAGE_ROOT is missing');
    expect(message).to.contain('\n- FILESYSTEM_STORAGE_SECRET is missing');
    expect(message).to.contain('\n- FILESYSTEM_STORAGE_PUBLIC_URL is missing');
    expect(message).to.contain('openssl rand -base64 32');
  });

  it('refuses a short secret among several, without printing it', () => {
    const FILESYSTEM_STORAGE_SECRET = `${SECRET},tooshort`;
    const message = messageOf(() => storageFromEnv({ ...FILESYSTEM, FILESYSTEM_STORAGE_SECRET }));
    expect(message).to.contain('FILESYSTEM_STORAGE_SECRET has 8 bytes, at least 32 are needed');
    expect(message).not.to.contain('tooshort').and.not.to.contain(SECRET);
  });

  it('refuses http: to other machines, unless it is allowed by name', async () => {
    const away = { ...S3, S3_ENDPOINT: 'http://minio.internal:9000' };
    expect(messageOf(() => storageFromEnv(away))).to.match(/S3_ENDPOINT is http: .*S3_ALLOW_HTTP=true/);
    await storageFromEnv({ ...away, S3_ALLOW_HTTP: 'true' }).close?.();
    const folder = { ...FILESYSTEM, FILESYSTEM_STORAGE_PUBLIC_URL: 'http://pacs.internal/mask-files' };
    expect(messageOf(() => storageFromEnv(folder))).to.match(
      /PUBLIC_URL is http: .*FILESYSTEM_STORAGE_ALLOW_HTTP=true/,
    );
    expect(storageFromEnv({ ...folder, FILESYSTEM_STORAGE_ALLOW_HTTP: '1' }).provider).to.equal('filesystem');
  });

  it('leaves the credentials to the chain of the SDK when none are set', async () => {
    const storage = storageFromEnv({ ...S3, AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: undefined });
    expect(storage.provider).to.equal('s3');
    await storage.close?.();
  });
});

describe('signedUrlTtlsFromEnv', () => {
  it('reads what is set', () => {
    expect(signedUrlTtlsFromEnv({})).to.deep.equal({});
    expect(signedUrlTtlsFromEnv({ SIGNED_URL_DEFAULT_TTL: '', SIGNED_URL_MAX_TTL: '900' })).to.deep.equal({
      maxTtlSeconds: 900,
    });
    expect(signedUrlTtlsFromEnv({ SIGNED_URL_DEFAULT_TTL: '60', SIGNED_URL_MAX_TTL: '3600' })).to.deep.equal({
      defaultTtlSeconds: 60,
      maxTtlSeconds: 3600,
    });
  });

  it('names every malformed one', () => {
    for (const value of ['0', '-1', '1.5', '3601', '10m', '1e3']) {
      const env = { SIGNED_URL_DEFAULT_TTL: value, SIGNED_URL_MAX_TTL: value };
      const message = messageOf(() => signedUrlTtlsFromEnv(env));
      expect(message).to.match(/SIGNED_URL_DEFAULT_TTL must be 1 to 3600 seconds\n- SIGNED_URL_MAX_TTL must be/);
    }
  });

  it('refuses a default above the maximum', () => {
    const env = { SIGNED_URL_DEFAULT_TTL: '600', SIGNED_URL_MAX_TTL: '300' };
    expect(messageOf(() => signedUrlTtlsFromEnv(env))).to.contain('not be more than SIGNED_URL_MAX_TTL');
  });
});
