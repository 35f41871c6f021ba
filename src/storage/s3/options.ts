import type { S3Client, S3ClientConfig } from '@aws-sdk/client-s3';

export interface S3StorageOptions {
  bucket: string;
  /** Default: AWS_REGION, then AWS_DEFAULT_REGION. */
  region?: string | undefined;
  /** Scheme, host and port of an S3-compatible server. Default: that of AWS S3 in the region. */
  endpoint?: string | undefined;
  /** The endpoint under which browsers and workers reach the same server. Default: `endpoint`. */
  publicEndpoint?: string | undefined;
  /** `https://host/bucket/key` instead of `https://bucket.host/key`. Default: false. */
  forcePathStyle?: boolean | undefined;
  /** Default: the AWS SDK's chain (environment, shared files, container and instance roles). */
  credentials?: S3ClientConfig['credentials'];
  /**
   * The host's own client. Region, endpoint, path style and credentials are then read from it, it deletes and lists,
   * and `close()` leaves it alone. It goes where it is configured to go, AWS_ENDPOINT_URL_S3 included.
   */
  client?: S3Client | undefined;
  /** Server-side encryption that signed uploads ask for. Default: the bucket's own. */
  sse?: { algorithm: 'AES256' | 'aws:kms'; kmsKeyId?: string | undefined } | undefined;
  /** Permits `http:` to hosts other than this one: whoever can read the traffic can then read and use the URLs. */
  allowHttp?: boolean | undefined;
  /** For connecting, for an answer, and between two pieces of a body; milliseconds. Default: 10,000. */
  timeoutMs?: number | undefined;
  /** How often a call is tried in all. Default: 3. */
  maxAttempts?: number | undefined;
  /** Connections to the store for reading and verifying. Default: 64. */
  maxConnections?: number | undefined;
}

/** The options after checking, with their defaults. */
export interface S3Settings {
  bucket: string;
  region: string | undefined;
  endpoint: string | undefined;
  publicEndpoint: string | undefined;
  forcePathStyle: boolean;
  credentials: S3ClientConfig['credentials'];
  client: S3Client | undefined;
  /** Headers that a signed PUT carries for server-side encryption. */
  sseHeaders: Record<string, string>;
  allowHttp: boolean;
  timeoutMs: number;
  maxAttempts: number;
  maxConnections: number;
}

const LABEL = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/;
const REGION = /^[A-Za-z0-9][A-Za-z0-9-]{0,63}$/;
const IPV4 = /^\d+\.\d+\.\d+\.\d+$/;

/** Checks the options. Throws a TypeError or RangeError that says what to pass; the environment gives only the region. */
export function checkOptions(options: S3StorageOptions, env: NodeJS.ProcessEnv): S3Settings {
  if (typeof options !== 'object' || options === null) {
    throw new TypeError('S3 storage: pass an object with at least { bucket }');
  }
  const { client, credentials } = options;
  if (client !== undefined) checkClient(options);
  return {
    bucket: bucketName(options.bucket),
    region: client ? undefined : region(options.region ?? env.AWS_REGION ?? env.AWS_DEFAULT_REGION),
    endpoint: origin('endpoint', options.endpoint, options.allowHttp),
    publicEndpoint: origin('publicEndpoint', options.publicEndpoint, options.allowHttp),
    forcePathStyle: options.forcePathStyle ?? false,
    credentials: checkCredentials(credentials),
    client,
    sseHeaders: sseHeaders(options.sse),
    allowHttp: options.allowHttp === true,
    timeoutMs: positive('timeoutMs', options.timeoutMs, 10_000),
    maxAttempts: positive('maxAttempts', options.maxAttempts, 3),
    maxConnections: positive('maxConnections', options.maxConnections, 64),
  };
}

/** Whether the name can only mean this machine. */
export function isLoopback(hostname: string): boolean {
  return (
    hostname === '[::1]' ||
    hostname === 'localhost' ||
    hostname.endsWith('.localhost') ||
    (IPV4.test(hostname) && hostname.startsWith('127.'))
  );
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html; no ARNs, no directory buckets. */
function bucketName(bucket: unknown): string {
  const valid =
    typeof bucket === 'string' &&
    bucket.length >= 3 &&
    bucket.length <= 63 &&
    bucket.split('.').every((label) => LABEL.test(label)) &&
    !IPV4.test(bucket) &&
    !bucket.endsWith('--x-s3');
  if (valid) return bucket;
  throw new TypeError(
    'S3 storage: pass `bucket`, the name of a general purpose bucket ' +
      '(3 to 63 lower-case letters, digits, hyphens and dots; S3_BUCKET_NAME in the environment)',
  );
}

function region(value: unknown): string {
  if (typeof value === 'string' && REGION.test(value)) return value;
  throw new TypeError("S3 storage: pass `region`, such as 'us-east-1', or set AWS_REGION");
}

function origin(name: string, value: string | undefined, allowHttp: boolean | undefined): string | undefined {
  if (value === undefined) return undefined;
  const url = typeof value === 'string' && URL.canParse(value) ? new URL(value) : undefined;
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw new TypeError(`S3 storage: \`${name}\` must be a URL such as https://s3.example.org`);
  }
  if (url.username || url.password) {
    throw new TypeError(`S3 storage: \`${name}\` must not hold credentials; pass them as \`credentials\``);
  }
  if (url.pathname !== '/' || url.search || url.hash) {
    throw new TypeError(`S3 storage: \`${name}\` must be scheme, host and port only, with no path and no query`);
  }
  if (url.protocol === 'http:' && !isLoopback(url.hostname) && allowHttp !== true) {
    throw new TypeError(
      `S3 storage: \`${name}\` is http: and not on this machine, so signed URLs and masks would travel in the ` +
        'clear; use https:, or pass allowHttp: true',
    );
  }
  return url.origin;
}

function checkClient(options: S3StorageOptions): void {
  const config = options.client?.config;
  if (typeof options.client?.send !== 'function' || typeof config?.credentials !== 'function') {
    throw new TypeError('S3 storage: `client` must be an S3Client of @aws-sdk/client-s3');
  }
  for (const name of ['region', 'endpoint', 'forcePathStyle', 'credentials'] as const) {
    if (options[name] !== undefined) {
      throw new TypeError(`S3 storage: pass \`client\` or \`${name}\`, not both: it is read from the client`);
    }
  }
}

function checkCredentials(credentials: S3ClientConfig['credentials']): S3ClientConfig['credentials'] {
  if (credentials === undefined || typeof credentials === 'function') return credentials;
  const { accessKeyId, secretAccessKey } = credentials ?? {};
  if (typeof accessKeyId === 'string' && accessKeyId && typeof secretAccessKey === 'string' && secretAccessKey) {
    return credentials;
  }
  throw new TypeError(
    'S3 storage: `credentials` must be { accessKeyId, secretAccessKey, sessionToken? } or a function that gives it',
  );
}

function sseHeaders(sse: S3StorageOptions['sse']): Record<string, string> {
  if (sse === undefined) return {};
  const { algorithm, kmsKeyId } = sse;
  if (algorithm !== 'AES256' && algorithm !== 'aws:kms') {
    throw new TypeError("S3 storage: `sse.algorithm` must be 'AES256' or 'aws:kms'");
  }
  if (kmsKeyId === undefined) return { 'x-amz-server-side-encryption': algorithm };
  if (algorithm !== 'aws:kms' || typeof kmsKeyId !== 'string' || !/^[\x21-\x7e]+$/.test(kmsKeyId)) {
    throw new TypeError("S3 storage: `sse.kmsKeyId` is the id or ARN of a key, with algorithm 'aws:kms'");
  }
  return { 'x-amz-server-side-encryption': algorithm, 'x-amz-server-side-encryption-aws-kms-key-id': kmsKeyId };
}

function positive(name: string, value: number | undefined, otherwise: number): number {
  if (value === undefined) return otherwise;
  if (Number.isSafeInteger(value) && value >= 1 && value <= 0x7fffffff) return value;
  throw new RangeError(`S3 storage: \`${name}\` must be a whole number, 1 or more`);
}
