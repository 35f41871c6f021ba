import type { Readable } from 'node:stream';
import type { Sha256Hex } from '../../domain/types.js';
import { type ObjectInfo, StorageError } from '../storage.js';
import { objectPath } from './bucket-place.js';
import type { HttpAnswer } from './exchange.js';
import type { SigningPlace } from './sign-requests.js';
import { errorOf, type Transport } from './transport.js';

export interface ReadOptions {
  /** Inclusive, as in HTTP. */
  range?: { start: number; end: number } | undefined;
  signal?: AbortSignal | undefined;
}

/** For requests of our own, made at once and repeated within seconds. */
const TTL_SECONDS = 900;
const NO_SUCH_KEY = 'The object does not exist (no S3 key has this form).';

/** Without `ENABLED` S3 does not tell the checksum. A header and signed, as servers ignore it in the query. */
const ASK_CHECKSUM = { 'x-amz-checksum-mode': 'ENABLED' };

/**
 * Size, type and attested checksum, by HEAD. A 404 to a HEAD has no body that could tell a missing object from a
 * missing bucket, so then the same is asked by GET.
 */
export async function headObject(at: SigningPlace, transport: Transport, key: string, options: ReadOptions = {}) {
  const answer = await request('HEAD', at, transport, key, { signal: options.signal });
  if (answer.status === 200) {
    answer.body.resume();
    return infoOf(answer);
  }
  if (answer.status !== 404) throw await errorOf(answer);
  answer.body.resume();
  const { info, body } = await readObject(at, transport, key, { signal: options.signal });
  body.destroy(); // written in between
  return info;
}

/** The bytes as they are stored, and what HEAD would have said of them: one request is enough to verify an object. */
export async function readObject(
  at: SigningPlace,
  transport: Transport,
  key: string,
  options: ReadOptions = {},
): Promise<{ info: ObjectInfo; body: Readable }> {
  const answer = await request('GET', at, transport, key, options);
  const { status, body } = answer;
  if (status !== 200 && status !== 206) throw await errorOf(answer);
  try {
    if (status !== (options.range ? 206 : 200)) {
      throw new StorageError('unavailable', 'The object store answered with another range than asked for.');
    }
    return { info: infoOf(answer), body };
  } catch (error) {
    body.destroy();
    throw error;
  }
}

async function request(
  method: 'GET' | 'HEAD',
  { place, sign }: SigningPlace,
  transport: Transport,
  key: string,
  { range, signal }: ReadOptions,
): Promise<HttpAnswer> {
  const path = objectPath(place, key);
  if (path === undefined) throw new StorageError('no-such-key', NO_SUCH_KEY);
  const headers = range ? { ...ASK_CHECKSUM, range: `bytes=${range.start}-${range.end}` } : ASK_CHECKSUM;
  const { target } = await sign({ method, path, headers, ttlSeconds: TTL_SECONDS, signingDate: new Date() });
  return transport.sendAgain({
    method,
    origin: place.origin,
    target,
    // stored bytes only: no proxy on the way may compress them
    headers: { ...headers, 'accept-encoding': 'identity' },
    signal,
  });
}

function infoOf(answer: HttpAnswer): ObjectInfo {
  const size =
    answer.status === 206
      ? /^bytes \d+-\d+\/(\d+)$/.exec(answer.header('content-range') ?? '')?.[1]
      : answer.header('content-length');
  if (size === undefined || !/^\d{1,15}$/.test(size)) {
    throw new StorageError('unavailable', 'The object store does not say how large the object is.');
  }
  return { size: Number(size), contentType: answer.header('content-type'), sha256: attestedSha256(answer) };
}

/**
 * The SHA-256 of the whole object. That of a multipart object is one of its parts' checksums (`…-3`, COMPOSITE), and
 * with a range S3 may answer that of a part. The ETag is no checksum under multipart and SSE-KMS, so never used.
 */
function attestedSha256(answer: HttpAnswer): Sha256Hex | undefined {
  const value = answer.header('x-amz-checksum-sha256');
  const composite = answer.header('x-amz-checksum-type')?.toUpperCase() === 'COMPOSITE';
  if (answer.status !== 200 || composite || !value || !/^[A-Za-z0-9+/]{43}=$/.test(value)) return undefined;
  return Buffer.from(value, 'base64').toString('hex') as Sha256Hex;
}
