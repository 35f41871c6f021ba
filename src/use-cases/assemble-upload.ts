import { layoutOf } from '../domain/part-layout.js';
import type { UploadRow } from '../repositories/uploads.js';
import { isStorageError, type Storage } from '../storage/storage.js';
import { type MultipartUpload, receivedParts, storedObject } from './received-parts.js';

/** Not everything that makes the object has been received. */
export interface MissingParts {
  status: 'missing';
  missingParts?: { missing: number; of: number };
}

/** What is missing before the object of an upload in parts can be; undefined when it is there, or all of its parts are. */
export async function missingParts(
  storage: Storage,
  upload: MultipartUpload<UploadRow>,
): Promise<MissingParts | undefined> {
  const parts = await receivedParts(storage, upload);
  const missing = layoutOf(upload.file_size, upload.part_size).part_count - (parts?.length ?? 0);
  if (missing === 0 || (parts === undefined && (await storedObject(storage, upload)))) return undefined;
  return missingOf(upload, missing);
}

/**
 * Makes one object of the parts, unless it is there already: a process may have died right after, or the answer to an
 * earlier attempt was lost. What else the store keeps for the key, such as an upload that lost a race to be the one, is
 * given up before the object can become a mask's.
 */
export async function assemble(
  storage: Storage,
  upload: MultipartUpload<UploadRow>,
  signal: AbortSignal,
): Promise<MissingParts | undefined> {
  if (!(await storedObject(storage, upload, signal))) {
    const { part_count } = layoutOf(upload.file_size, upload.part_size);
    const parts = await receivedParts(storage, upload, signal);
    if (parts && parts.length < part_count) return missingOf(upload, part_count - parts.length);
    if (parts) await complete(storage, upload, parts, signal);
    if (!(await storedObject(storage, upload, signal))) return missingOf(upload);
  }
  await storage.abortMultipart(upload.file_path);
  return undefined;
}

async function complete(
  storage: Storage,
  { file_path, store_upload_id }: UploadRow,
  parts: Parameters<Storage['completeMultipart']>[2],
  signal: AbortSignal,
): Promise<void> {
  try {
    await storage.completeMultipart(file_path, store_upload_id ?? '', parts, { signal });
  } catch (error) {
    // whether the object is there tells what that means
    if (!isStorageError(error) || error.code !== 'no-such-upload') throw error;
  }
}

/** That so many parts are missing, or all of them. */
export function missingOf({ file_size, part_size }: MultipartUpload<UploadRow>, missing?: number): MissingParts {
  const { part_count: of } = layoutOf(file_size, part_size);
  return { status: 'missing', missingParts: { missing: missing ?? of, of } };
}
