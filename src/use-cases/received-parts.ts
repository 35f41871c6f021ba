import { layoutOf, partAt } from '../domain/part-layout.js';
import type { NewUpload, UploadRow } from '../repositories/uploads.js';
import { isStorageError, type ObjectInfo, type Storage, type StoredPart } from '../storage/storage.js';

export type MultipartUpload<T extends NewUpload> = T & { part_size: number };

export function isMultipart<T extends NewUpload>(upload: T): upload is MultipartUpload<T> {
  return upload.part_size !== null;
}

/**
 * The parts that the store itself says it has, ascending. Only those of the right length count. Undefined when the store
 * has no such unfinished upload: parts were never signed, or it was completed, or ended from outside.
 */
export async function receivedParts(
  storage: Storage,
  { file_path, file_size, part_size, store_upload_id }: MultipartUpload<Pick<UploadRow, 'store_upload_id'> & NewUpload>,
  signal?: AbortSignal,
): Promise<StoredPart[] | undefined> {
  if (store_upload_id === null) return undefined;
  const { part_count } = layoutOf(file_size, part_size);
  try {
    const parts = await storage.listParts(file_path, store_upload_id, { signal });
    return parts.filter(
      ({ partNumber, size }) => partNumber <= part_count && size === partAt(file_size, part_size, partNumber).length,
    );
  } catch (error) {
    if (isStorageError(error) && error.code === 'no-such-upload') return undefined;
    throw error;
  }
}

/** The object of an upload; undefined when there is none. */
export async function storedObject(
  storage: Storage,
  { file_path }: NewUpload,
  signal?: AbortSignal,
): Promise<ObjectInfo | undefined> {
  try {
    return await storage.head(file_path, { signal });
  } catch (error) {
    if (isStorageError(error) && error.code === 'no-such-key') return undefined;
    throw error;
  }
}
