import { isStorageError, StorageError } from '../storage.js';

/** No file of that name can be there; ELOOP is a symbolic link, which is never an object. */
const MISSING = new Set(['ENOENT', 'ENOTDIR', 'ENAMETOOLONG', 'EISDIR', 'ELOOP']);
const DENIED = new Set(['EACCES', 'EPERM', 'EROFS']);
const FULL = new Set(['ENOSPC', 'EDQUOT']);

export function errnoOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : undefined;
}

export function isMissing(error: unknown): boolean {
  return MISSING.has(errnoOf(error) ?? '');
}

/** Whether the disk or the quota is full, directly or as the cause of a StorageError. */
export function isFull(error: unknown): boolean {
  return FULL.has(errnoOf(error) ?? '') || (isStorageError(error) && FULL.has(errnoOf(error.cause) ?? ''));
}

export function noSuchKey(): StorageError {
  return new StorageError('no-such-key', 'There is no such object');
}

/** What went wrong on the disk, as a StorageError. `doing` is a verb for "… the storage folder". */
export function toStorageError(error: unknown, doing: string): StorageError {
  if (isStorageError(error)) return error;
  if (isMissing(error)) return noSuchKey();
  const code = errnoOf(error) ?? 'unknown error';
  const message = `${DENIED.has(code) ? 'No right to' : 'Cannot'} ${doing} the storage folder (${code})`;
  return new StorageError(DENIED.has(code) ? 'access-denied' : 'unavailable', message, { cause: error });
}

/** The storage folder itself is not where it was, which is not the same as an object that is missing. */
export function rootIsGone(cause?: unknown): StorageError {
  const message = 'The storage folder is gone: mount it again, or restart to begin a new one';
  return new StorageError('unavailable', message, { cause });
}
