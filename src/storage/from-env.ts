import type { StorageHandler } from './filesystem/index.js';
import { createFilesystemStorage } from './filesystem/index.js';
import { parsePublicUrl } from './filesystem/public-url.js';
import { parseSecrets } from './filesystem/secrets.js';
import { createMinioStorage, createS3Storage } from './s3/index.js';
import type { Storage } from './storage.js';

const MAX_TTL_SECONDS = 3600;
const BUCKET = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;
const REGION = /^[A-Za-z0-9][A-Za-z0-9-]{0,63}$/;

/** A storage of any provider. `handler`, when there is one, is to be mounted at the path of its public URL. */
export interface StorageFromEnv extends Storage {
  readonly handler?: StorageHandler;
  /** Ends connections; only some providers hold any. */
  close?(): Promise<void>;
}

/**
 * Makes the storage that the environment describes. An empty variable counts as missing; blanks around values go.
 *
 * | Variable | For | |
 * |---|---|---|
 * | `OBJECT_STORAGE_PROVIDER` | all | `s3`, `minio` or `filesystem` |
 * | `S3_BUCKET_NAME` | s3, minio | required |
 * | `S3_REGION` | s3, minio | s3: required, unless `AWS_REGION` or `AWS_DEFAULT_REGION` is set; minio: `us-east-1` |
 * | `S3_ENDPOINT` | s3, minio | s3: that of AWS; minio: `http://127.0.0.1:9000` |
 * | `S3_PUBLIC_ENDPOINT` | s3, minio | the endpoint that clients reach; `S3_ENDPOINT` |
 * | `S3_FORCE_PATH_STYLE` | s3, minio | `true` or `false`; s3: false, minio: true |
 * | `S3_ALLOW_HTTP` | s3, minio | `true` permits `http:` endpoints that are not loopback |
 * | `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN` | s3, minio | the AWS SDK's default chain |
 * | `FILESYSTEM_STORAGE_ROOT` | filesystem | required: a folder |
 * | `FILESYSTEM_STORAGE_SECRET` | filesystem | required: 32 bytes or more; several, for rotation, with commas between |
 * | `FILESYSTEM_STORAGE_PUBLIC_URL` | filesystem | required: where clients reach the handler |
 * | `FILESYSTEM_STORAGE_ALLOW_HTTP` | filesystem | `true` permits an `http:` public URL that is not loopback |
 *
 * @throws Error naming every variable that is missing or malformed, and what to set; never a value
 */
export function storageFromEnv(env: NodeJS.ProcessEnv = process.env): StorageFromEnv {
  const variables = readerOf(env);
  const make = chooseProvider(variables);
  variables.assertNoProblems('storageFromEnv');
  return make();
}

/**
 * `SIGNED_URL_DEFAULT_TTL` and `SIGNED_URL_MAX_TTL`: seconds, 1 to 3600. What is not set is not in the answer, so it can
 * be spread into the options of the router.
 *
 * @throws Error naming every malformed variable
 */
export function signedUrlTtlsFromEnv(env: NodeJS.ProcessEnv = process.env): {
  defaultTtlSeconds?: number;
  maxTtlSeconds?: number;
} {
  const variables = readerOf(env);
  const seconds = (name: string) =>
    variables.parse(name, (value) => {
      const parsed = /^\d{1,4}$/.test(value) ? Number(value) : 0;
      if (parsed < 1 || parsed > MAX_TTL_SECONDS) throw new TypeError(`must be 1 to ${MAX_TTL_SECONDS} seconds`);
      return parsed;
    });
  const defaultTtlSeconds = seconds('SIGNED_URL_DEFAULT_TTL');
  const maxTtlSeconds = seconds('SIGNED_URL_MAX_TTL');
  if (defaultTtlSeconds !== undefined && maxTtlSeconds !== undefined && defaultTtlSeconds > maxTtlSeconds) {
    variables.problem('SIGNED_URL_DEFAULT_TTL', 'must not be more than SIGNED_URL_MAX_TTL');
  }
  variables.assertNoProblems('signedUrlTtlsFromEnv');
  return {
    ...(defaultTtlSeconds === undefined ? {} : { defaultTtlSeconds }),
    ...(maxTtlSeconds === undefined ? {} : { maxTtlSeconds }),
  };
}

/** Reads every variable of the provider, so that all problems are known; the answer makes the storage. */
function chooseProvider(variables: Variables): () => StorageFromEnv {
  const provider = variables.required('OBJECT_STORAGE_PROVIDER', 's3, minio or filesystem', String);
  if (provider === 's3' || provider === 'minio') return s3(variables, provider);
  if (provider === 'filesystem') return filesystem(variables);
  if (provider !== undefined) variables.problem('OBJECT_STORAGE_PROVIDER', 'must be s3, minio or filesystem');
  return () => {
    throw new Error('unreachable: there is a problem');
  };
}

function s3(variables: Variables, provider: 's3' | 'minio'): () => StorageFromEnv {
  const allowHttp = variables.parse('S3_ALLOW_HTTP', booleanOf) ?? false;
  const endpointOf = (value: string) => endpoint(value, allowHttp, 'S3_ALLOW_HTTP');
  const bucket = variables.required('S3_BUCKET_NAME', 'the name of the bucket', (value) => {
    return matching(
      value,
      BUCKET,
      'must be the name of a bucket: 3 to 63 lower-case letters, digits, dots and hyphens',
    );
  });
  const options = {
    bucket: bucket ?? '',
    region: region(variables, provider),
    endpoint: variables.parse('S3_ENDPOINT', endpointOf),
    publicEndpoint: variables.parse('S3_PUBLIC_ENDPOINT', endpointOf),
    forcePathStyle: variables.parse('S3_FORCE_PATH_STYLE', booleanOf),
    credentials: credentials(variables),
    allowHttp,
  };
  return () => (provider === 's3' ? createS3Storage(options) : createMinioStorage(options));
}

function region(variables: Variables, provider: 's3' | 'minio'): string | undefined {
  const parse = (value: string) => matching(value, REGION, "must be a region such as 'us-east-1'");
  const given = variables.parse('S3_REGION', parse);
  if (given !== undefined || provider === 'minio' || variables.has('S3_REGION')) return given;
  if (variables.has('AWS_REGION') || variables.has('AWS_DEFAULT_REGION')) return undefined; // read by the factory
  return variables.required('S3_REGION', "the bucket's region, such as 'us-east-1'", parse);
}

/** Both keys or neither: half of them is a mistake that the SDK's chain would hide. */
function credentials(variables: Variables) {
  const [id, secret, token] = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN'] as const;
  if (![id, secret, token].some(variables.has)) return undefined;
  const needed = 'needed with the other AWS_… credentials; leave all out to use the default chain';
  const accessKeyId = variables.required(id, needed, String);
  const secretAccessKey = variables.required(secret, needed, String);
  const sessionToken = variables.parse(token, String);
  if (accessKeyId === undefined || secretAccessKey === undefined) return undefined;
  return { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) };
}

function filesystem(variables: Variables): () => StorageFromEnv {
  const allowHttp = variables.parse('FILESYSTEM_STORAGE_ALLOW_HTTP', booleanOf) ?? false;
  const root = variables.required('FILESYSTEM_STORAGE_ROOT', 'the folder to keep objects in', String);
  const secret = variables.required(
    'FILESYSTEM_STORAGE_SECRET',
    '32 bytes or more, the same in every process; make one with "openssl rand -base64 32"',
    (value) => {
      const secrets = value.split(',').map((one) => one.trim());
      parseSecrets(secrets);
      return secrets;
    },
  );
  const publicUrl = variables.required(
    'FILESYSTEM_STORAGE_PUBLIC_URL',
    'where clients reach the handler, such as https://pacs.example/mask-files',
    (value) => httpUrl(value, allowHttp, 'FILESYSTEM_STORAGE_ALLOW_HTTP').url,
  );
  return () =>
    createFilesystemStorage({ root: root ?? '', secret: secret ?? '', publicUrl: publicUrl ?? '', allowHttp });
}

interface Variables {
  has(name: string): boolean;
  /** The parsed value; undefined when it is missing, or when `parse` throws, which is a problem. */
  parse<T>(name: string, parse: (value: string) => T): T | undefined;
  /** The same, and it is a problem when it is missing. `what` says what to set. */
  required<T>(name: string, what: string, parse: (value: string) => T): T | undefined;
  problem(name: string, message: string): void;
  assertNoProblems(caller: string): void;
}

function readerOf(env: NodeJS.ProcessEnv): Variables {
  const problems: string[] = [];
  const setting = (name: string) => env[name]?.trim() || undefined;
  const variables: Variables = {
    has: (name) => setting(name) !== undefined,
    parse(name, parse) {
      const value = setting(name);
      if (value === undefined) return undefined;
      try {
        return parse(value);
      } catch (error) {
        variables.problem(name, error instanceof Error ? error.message : 'is malformed');
        return undefined;
      }
    },
    required(name, what, parse) {
      if (!variables.has(name)) variables.problem(name, `is missing: ${what}`);
      return variables.parse(name, parse);
    },
    problem(name, message) {
      problems.push(`\n- ${name} ${message}`);
    },
    assertNoProblems(caller) {
      if (problems.length > 0) throw new Error(`${caller}: the environment needs attention:${problems.join('')}`);
    },
  };
  return variables;
}

function booleanOf(value: string): boolean {
  if (/^(true|1)$/i.test(value)) return true;
  if (/^(false|0)$/i.test(value)) return false;
  throw new TypeError('must be true or false');
}

function matching(value: string, pattern: RegExp, otherwise: string): string {
  if (!pattern.test(value)) throw new TypeError(otherwise);
  return value;
}

function endpoint(value: string, allowHttp: boolean, switchName: string): string {
  const { url, path } = httpUrl(value, allowHttp, switchName);
  if (path !== '') throw new TypeError('must be scheme, host and port only, without a path');
  return url;
}

function httpUrl(value: string, allowHttp: boolean, switchName: string) {
  parsePublicUrl(value, true);
  try {
    return parsePublicUrl(value, allowHttp);
  } catch (error) {
    throw new TypeError(`${(error as Error).message}, or set ${switchName}=true`);
  }
}
