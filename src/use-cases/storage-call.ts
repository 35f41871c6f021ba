import { MaskUploadError } from '../domain/errors.js';
import { isStorageError } from '../storage/storage.js';

/** Runs storage calls; a StorageError becomes 503 `storage-unavailable`, with the cause for the host's log. */
export async function storageCall<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (cause) {
    if (!isStorageError(cause)) throw cause;
    throw new MaskUploadError('storage-unavailable', 'The object store cannot answer now; try again.', { cause });
  }
}

/** Whole seconds that a signed URL has left. */
export function secondsUntil(expiresAt: Date): number {
  return Math.max(0, Math.round((expiresAt.getTime() - Date.now()) / 1000));
}
