import { MaskUploadError } from '../domain/errors.js';
import { isStorageError } from '../storage/storage.js';

/** Runs storage calls; a StorageError becomes 503 `storage-unavailable`, with the cause for the host's log. */
export async function storageCall<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw storageProblem(error);
  }
}

/** What a storage call or a stream out of the store failed with, as the API says it. */
export function storageProblem(error: unknown): unknown {
  if (!isStorageError(error)) return error;
  return new MaskUploadError('storage-unavailable', 'The object store cannot answer now; try again.', { cause: error });
}

/**
 * Whole seconds that a URL had left when it was signed, `from` milliseconds since 1970. Rounded up, since S3 counts in
 * whole seconds of its own; never more than what was asked for.
 */
export function secondsUntil(expiresAt: Date, from: number, ttlSeconds: number): number {
  return Math.min(ttlSeconds, Math.max(1, Math.ceil((expiresAt.getTime() - from) / 1000)));
}
