import { createHash } from 'node:crypto';
import { DeleteObjectsCommand, type S3Client } from '@aws-sdk/client-s3';
import type { DeleteFailure, StorageError } from '../storage.js';
import { objectPath } from './bucket-place.js';
import { answerError, sdkError } from './errors.js';
import type { SigningPlace } from './sign-requests.js';
import { errorOf, type Transport } from './transport.js';

/** The most that one DeleteObjects takes. */
const BATCH = 1000;
const TTL_SECONDS = 900;

/** Characters that XML 1.0 cannot hold: one of them would make S3 refuse its whole batch. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const NOT_XML = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/;

export interface Deleting {
  client: S3Client;
  bucket: string;
  at: SigningPlace;
  transport: Transport;
  /** For one batch, tries and pauses included. */
  deadlineMs: number;
}

/**
 * Deletes in batches of 1000, one after the other. A key that is not there is fine, as is one that S3 cannot have (none,
 * or longer than 1024 bytes). Never rejects: a batch that fails as a whole is a failure of each of its keys.
 */
export async function deleteObjects(store: Deleting, keys: readonly string[]): Promise<DeleteFailure[]> {
  const possible = [...new Set(keys)].filter((key) => objectPath(store.at.place, key) !== undefined);
  const batched = possible.filter((key) => !NOT_XML.test(key));
  const failures: DeleteFailure[] = [];
  for (let start = 0; start < batched.length; start += BATCH) {
    failures.push(...(await deleteBatch(store, batched.slice(start, start + BATCH))));
  }
  for (const key of possible.filter((other) => NOT_XML.test(other))) {
    const error = await deleteOne(store, key);
    if (error) failures.push({ key, error });
  }
  return failures;
}

async function deleteBatch(
  { client, bucket, deadlineMs }: Deleting,
  batch: readonly string[],
): Promise<DeleteFailure[]> {
  const all = (error: StorageError) => batch.map((key) => ({ key, error }));
  const command = new DeleteObjectsCommand({
    Bucket: bucket,
    Delete: { Quiet: true, Objects: batch.map((Key) => ({ Key })) },
  });
  addContentMd5(command);
  try {
    const { Errors = [] } = await client.send(command, { abortSignal: AbortSignal.timeout(deadlineMs) });
    const failed = Errors.filter(({ Code }) => Code !== 'NoSuchKey');
    const known = new Set(batch);
    const unclear = failed.find(({ Key }) => Key === undefined || !known.has(Key));
    if (unclear) return all(keyError(unclear.Code));
    return failed.map(({ Key = '', Code }) => ({ key: Key, error: keyError(Code) }));
  } catch (error) {
    return all(sdkError(error));
  }
}

/** The SDK sends a CRC32, which older S3-compatible servers do not know: all of them know (and some demand) this. */
function addContentMd5(command: DeleteObjectsCommand): void {
  command.middlewareStack.add(
    (next) => (args) => {
      const { body, headers } = args.request as { body?: unknown; headers: Record<string, string> };
      if (typeof body === 'string' || body instanceof Uint8Array) {
        headers['content-md5'] = createHash('md5').update(body).digest('base64');
      }
      return next(args);
    },
    { step: 'build', name: 'contentMd5' },
  );
}

async function deleteOne({ at, transport }: Deleting, key: string): Promise<StorageError | undefined> {
  const path = objectPath(at.place, key) ?? at.place.path;
  try {
    const { target } = await at.sign({ method: 'DELETE', path, ttlSeconds: TTL_SECONDS, signingDate: new Date() });
    const answer = await transport.sendAgain({ method: 'DELETE', origin: at.place.origin, target });
    const error = answer.status < 300 ? undefined : await errorOf(answer);
    answer.body.resume();
    return error?.code === 'no-such-key' ? undefined : error;
  } catch (error) {
    return sdkError(error);
  }
}

function keyError(code: string | undefined): StorageError {
  return answerError(code === 'AccessDenied' ? 403 : 500, code);
}
