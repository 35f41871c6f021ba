import type { S3Client } from '@aws-sdk/client-s3';
import { StorageError } from '../storage.js';

export type Credentials = Awaited<ReturnType<S3Client['config']['credentials']>>;

/** As the SDK does: from five minutes before they die, ask for newer ones. */
const REFRESH_MS = 300_000;
/** What is left of nearly dead credentials would be gone before a client could use it. */
const USELESS_MS = 5000;

/**
 * The client's credentials, kept while they are good. Rejects with `unavailable` when there are none, when finding
 * them takes longer than `timeoutMs`, and when they are about to die.
 */
export function credentialsOf(client: S3Client, timeoutMs: number): () => Promise<Credentials> {
  let kept: Credentials | undefined;
  return async () => {
    if (kept && millisecondsLeft(kept) > REFRESH_MS) return kept;
    kept = await withinTime(client.config.credentials(), timeoutMs);
    if (millisecondsLeft(kept) < USELESS_MS) {
      throw new StorageError('unavailable', 'The credentials for object storage have expired, or do within seconds.');
    }
    return kept;
  };
}

function millisecondsLeft({ expiration }: Credentials): number {
  return expiration ? expiration.getTime() - Date.now() : Number.POSITIVE_INFINITY;
}

async function withinTime(asked: Promise<Credentials>, timeoutMs: number): Promise<Credentials> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
  });
  try {
    return await Promise.race([asked, late]);
  } catch (cause) {
    throw new StorageError('unavailable', 'No credentials for object storage could be had.', { cause });
  } finally {
    clearTimeout(timer);
  }
}
