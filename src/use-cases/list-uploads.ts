import { setMaxListeners } from 'node:events';
import { decodeCursor, encodeCursor } from '../domain/cursor.js';
import type { ErrorCode } from '../domain/errors.js';
import { isUuid } from '../domain/object-key.js';
import type { ListUploadsQuery } from '../domain/query.js';
import type { ObjectKey, PendingUpload } from '../domain/types.js';
import { groupExists } from '../repositories/groups.js';
import { listUploads as findPage, type ListedUpload } from '../repositories/uploads.js';
import { isStorageError } from '../storage/storage.js';
import type { Context, GroupScope } from './context.js';
import { groupNotFound } from './get-mask-group.js';
import { storageCall } from './storage-call.js';

/**
 * One page of a group's pending uploads, oldest first, with what the store has received of each. No connection is held
 * while the store is asked.
 *
 * @throws MaskUploadError `storage-unavailable`: half an answer would make clients upload again what is there
 */
export async function listUploads(
  context: Context,
  { schema, annotation, groupId, signal }: GroupScope,
  { limit, cursor }: ListUploadsQuery,
): Promise<{ uploads: PendingUpload[]; next_cursor: string | null }> {
  const list = ['uploads', groupId];
  const after = cursor === undefined ? undefined : decodeCursor(list, cursor, readPosition);
  const found = await context.database.read(async (session) => {
    if (!(await groupExists(session, schema, annotation, groupId))) throw groupNotFound();
    return findPage(session, schema, groupId, limit + 1, after);
  });
  const page = found.slice(0, limit);
  const sizes = await storedSizes(context, page, signal);
  const last = page.at(-1);
  return {
    uploads: page.map((upload, index) => describe(upload, sizes[index] ?? null)),
    next_cursor: found.length > limit && last ? encodeCursor(list, [last.id]) : null,
  };
}

function readPosition([id, ...rest]: unknown[]): string | undefined {
  return typeof id === 'string' && isUuid(id) && rest.length === 0 ? id : undefined;
}

/** Of each upload that is not judged yet: the size of its object, or null when there is none. */
async function storedSizes(
  context: Context,
  page: readonly ListedUpload[],
  signal: AbortSignal | undefined,
): Promise<(number | null)[]> {
  const leave = new AbortController();
  // one for each call under way
  setMaxListeners(0, leave.signal);
  const callerLeft = () => leave.abort();
  signal?.addEventListener('abort', callerLeft);
  const sizeOf = (key: ObjectKey) =>
    context.lookUp(async () => {
      try {
        return (await context.storage.head(key, { signal: leave.signal })).size;
      } catch (error) {
        if (isStorageError(error) && error.code === 'no-such-key') return null;
        throw error;
      }
    });
  try {
    return await storageCall(() =>
      Promise.all(page.map((upload) => (upload.verified || upload.rejected_code ? null : sizeOf(upload.file_path)))),
    );
  } catch (error) {
    // one fails, so the others need not be asked any more
    leave.abort();
    throw signal?.aborted ? signal.reason : error;
  } finally {
    signal?.removeEventListener('abort', callerLeft);
  }
}

function describe(upload: ListedUpload, stored: number | null): PendingUpload {
  const { file_size } = upload;
  // objects are write-once: one of another size will never become what was promised
  const wrongSize = stored !== null && stored !== file_size;
  const rejectedCode = upload.rejected_code ?? (wrongSize ? 'size-mismatch' : null);
  return {
    upload_id: upload.id,
    file_path: upload.file_path,
    mime_type: upload.mime_type,
    content_encoding: upload.content_encoding,
    file_size,
    checksum: upload.checksum,
    slice_index: upload.slice_index,
    sop_instance_uid: upload.sop_instance_uid,
    label_name: upload.label_name,
    width: upload.width,
    height: upload.height,
    status: statusOf(upload.verified, rejectedCode, stored),
    received_size: upload.verified ? file_size : stored,
    multipart: null,
    rejected_code: rejectedCode,
    put_expires_at: upload.put_expires_at,
    expires_at: upload.expires_at,
    created_at: upload.created_at,
  };
}

function statusOf(verified: boolean, rejectedCode: ErrorCode | null, stored: number | null): PendingUpload['status'] {
  if (rejectedCode !== null) return 'rejected';
  if (verified) return 'verified';
  return stored === null ? 'pending' : 'received';
}
