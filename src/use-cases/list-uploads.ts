import { setMaxListeners } from 'node:events';
import { decodeCursor, encodeCursor } from '../domain/cursor.js';
import type { ErrorCode } from '../domain/errors.js';
import { isUuid } from '../domain/object-key.js';
import { layoutOf, runsOf } from '../domain/part-layout.js';
import type { ListUploadsQuery } from '../domain/query.js';
import type { PendingUpload } from '../domain/types.js';
import { groupExists } from '../repositories/groups.js';
import { listUploads as findPage, type ListedUpload } from '../repositories/uploads.js';
import type { Context, GroupScope } from './context.js';
import { groupNotFound } from './get-mask-group.js';
import { isMultipart, type MultipartUpload, receivedParts, storedObject } from './received-parts.js';
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
  const stored = await lookUp(context, page, signal);
  const last = page.at(-1);
  return {
    uploads: page.map((upload, index) => describe(upload, stored[index] ?? NOTHING)),
    next_cursor: found.length > limit && last ? encodeCursor(list, [last.id]) : null,
  };
}

function readPosition([id, ...rest]: unknown[]): string | undefined {
  return typeof id === 'string' && isUuid(id) && rest.length === 0 ? id : undefined;
}

/** What the store has of an upload: its object or, before there is one, parts. */
interface Stored {
  size: number | null;
  /** Numbers of the parts, ascending; only of an upload whose parts are not put together yet. */
  parts?: number[];
}

const NOTHING: Stored = { size: null };

/** Of each upload that is not judged yet: what the store has of it. */
async function lookUp(
  context: Context,
  page: readonly ListedUpload[],
  signal: AbortSignal | undefined,
): Promise<Stored[]> {
  const leave = new AbortController();
  // one for each call under way
  setMaxListeners(0, leave.signal);
  const callerLeft = () => leave.abort();
  signal?.addEventListener('abort', callerLeft);
  const { storage } = context;
  const look = async (upload: ListedUpload): Promise<Stored> => {
    const parts = isMultipart(upload) ? await receivedParts(storage, upload, leave.signal) : undefined;
    if (parts && parts.length > 0) {
      return { size: parts.reduce((sum, { size }) => sum + size, 0), parts: parts.map((part) => part.partNumber) };
    }
    return { size: (await storedObject(storage, upload, leave.signal))?.size ?? null };
  };
  try {
    return await storageCall(() =>
      Promise.all(
        page.map((upload) => (upload.verified || upload.rejected_code ? NOTHING : context.lookUp(() => look(upload)))),
      ),
    );
  } catch (error) {
    // one fails, so the others need not be asked any more
    leave.abort();
    throw signal?.aborted ? signal.reason : error;
  } finally {
    signal?.removeEventListener('abort', callerLeft);
  }
}

function describe(upload: ListedUpload, stored: Stored): PendingUpload {
  const { file_size } = upload;
  // objects are write-once: one of another size will never become what was promised
  const wrongSize = stored.size !== null && !stored.parts && stored.size !== file_size;
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
    status: statusOf(upload, rejectedCode, stored.size),
    received_size: upload.verified ? file_size : stored.size,
    multipart: isMultipart(upload) ? partsOf(upload, stored) : null,
    rejected_code: rejectedCode,
    put_expires_at: upload.put_expires_at,
    expires_at: upload.expires_at,
    created_at: upload.created_at,
  };
}

function statusOf(
  { verified, file_size }: ListedUpload,
  rejectedCode: ErrorCode | null,
  received: number | null,
): PendingUpload['status'] {
  if (rejectedCode !== null) return 'rejected';
  if (verified) return 'verified';
  return received === file_size ? 'received' : 'pending';
}

/** An object of the promised size is made of all parts. */
function partsOf(upload: MultipartUpload<ListedUpload>, { size, parts }: Stored): PendingUpload['multipart'] {
  const layout = layoutOf(upload.file_size, upload.part_size);
  const whole = upload.verified || (!parts && size === upload.file_size);
  return { ...layout, received_parts: whole ? [[1, layout.part_count]] : runsOf(parts ?? []) };
}
