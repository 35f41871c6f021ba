import { isStorageError, StorageError } from '../storage.js';

const CODE = /<Code>\s*([A-Za-z0-9.]{1,64})\s*<\/Code>/;
const TRY_AGAIN = new Set([429, 500, 502, 503, 504]);

/** What S3 calls the failure: the `Code` of its XML answer, the only part of it that names no key and no credential. */
export function s3ErrorCode(body: string): string | undefined {
  return CODE.exec(body)?.[1];
}

/** Statuses that S3 asks its clients to try again after. */
export function isTransient(status: number): boolean {
  return TRY_AGAIN.has(status);
}

/**
 * What an answer other than a success means. Only S3's own `NoSuchKey` says that an object is missing: a 404 of a
 * missing bucket, or of a server that is no S3 at all, must not make anyone believe that masks are gone.
 *
 * @param code S3's error code; undefined when the answer had none
 */
export function answerError(status: number, code: string | undefined, bucketRegion?: string): StorageError {
  const name = code ?? `HTTP ${status}`;
  if (code === 'NoSuchKey') return new StorageError('no-such-key', 'The object does not exist (NoSuchKey).');
  if (code === 'NoSuchUpload') {
    return new StorageError('no-such-upload', 'The multipart upload was completed or aborted (NoSuchUpload).');
  }
  if (code === 'NoSuchBucket') {
    return new StorageError(
      'unavailable',
      'The bucket does not exist (NoSuchBucket): create it, or correct its name or the endpoint.',
    );
  }
  if (code === 'InvalidObjectState') {
    return new StorageError('unavailable', 'The object is archived (InvalidObjectState): restore it first.');
  }
  if (code === 'NotImplemented' || code === 'MethodNotAllowed') {
    return new StorageError('unsupported', `The object store does not do this (${code}).`);
  }
  if (status === 401 || status === 403) {
    return new StorageError('access-denied', `The object store refused access (${name}): ${hintForRefusal(code)}.`);
  }
  if (status >= 300 && status < 400) {
    const where = bucketRegion ? ` The bucket's region is ${bucketRegion}.` : '';
    return new StorageError(
      'unavailable',
      `The object store redirects elsewhere (${name}): correct the region or the endpoint.${where}`,
    );
  }
  if (status === 404) {
    return new StorageError(
      'unavailable',
      `The object store answered ${name}, which does not say that an object is missing: is the endpoint an S3 server?`,
    );
  }
  return new StorageError('unavailable', `The object store answered with an error (${name}).`);
}

function hintForRefusal(code: string | undefined): string {
  if (code === 'RequestTimeTooSkewed') return "this server's clock differs from the store's by more than 15 minutes";
  if (code === 'SignatureDoesNotMatch') return 'check the secret access key, and that no proxy changes the Host header';
  if (code === 'InvalidAccessKeyId') return 'check the access key id';
  if (code === 'ExpiredToken' || code === 'InvalidToken' || code === 'TokenRefreshRequired') {
    return 'the session token is no longer good';
  }
  return 'check the credentials and their rights; without s3:ListBucket a missing object is answered like this as well';
}

/** No answer at all: refused, reset, timed out. `cause` is the socket's error, which holds no more than an address. */
export function networkError(cause: unknown): StorageError {
  const { code, name } = (cause ?? {}) as { code?: unknown; name?: unknown };
  const what = [code, name].find((text) => typeof text === 'string') ?? 'unknown error';
  return new StorageError('unavailable', `The object store could not be reached (${what}).`, { cause });
}

export function timeoutError(): StorageError {
  return new StorageError('unavailable', 'The object store did not answer in time.');
}

export function abortedError(signal: AbortSignal): StorageError {
  return new StorageError('unavailable', 'The call to the object store was cancelled.', { cause: signal.reason });
}

/** What the SDK's client throws. Its own errors are not passed on as `cause`: S3 puts key ids and signatures into them. */
export function sdkError(error: unknown): StorageError {
  if (isStorageError(error)) return error;
  const { name, $metadata } = (error ?? {}) as { name?: unknown; $metadata?: { httpStatusCode?: number } };
  if ($metadata?.httpStatusCode !== undefined) return answerError($metadata.httpStatusCode, plainCode(name));
  return name === 'TimeoutError' || name === 'AbortError' ? timeoutError() : networkError(error);
}

/** The names that the SDK makes up where an answer has no code are not S3's. */
function plainCode(name: unknown): string | undefined {
  const code = typeof name === 'string' ? s3ErrorCode(`<Code>${name}</Code>`) : undefined;
  return code === 'Error' || code === 'Unknown' || code === 'UnknownError' ? undefined : code;
}
