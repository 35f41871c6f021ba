import type { ErrorCode } from '../domain/errors.js';
import type { AnnotationKey, ContentEncoding, ObjectKey, Sha256Hex } from '../domain/types.js';
import { type Binding, isoTime, type Session } from './database.js';
import { type MaskRow, maskColumns } from './masks.js';
import type { Schema } from './schema.js';

/** What was promised when the upload was signed. Checksum, width and height are the client's claims. */
export interface NewUpload {
  id: string;
  file_path: ObjectKey;
  mime_type: string;
  content_encoding: ContentEncoding | null;
  file_size: number;
  checksum: Sha256Hex | null;
  slice_index: number | null;
  sop_instance_uid: string | null;
  label_name: string | null;
  width: number | null;
  height: number | null;
  /** Bytes of every part but the last; null for a file that is one PUT. */
  part_size: number | null;
}

/** A pending upload and what verification has learned about it so far. */
export interface UploadRow extends NewUpload {
  /** What the store calls its unfinished upload; null until parts were first signed. */
  store_upload_id: string | null;
  verified: boolean;
  verified_checksum: Sha256Hex | null;
  verified_width: number | null;
  verified_height: number | null;
  rejected_code: ErrorCode | null;
  rejected_reason: string | null;
  /** A process reads the object right now, to find out. */
  being_verified: boolean;
}

/** What is needed to sign an upload again. */
export type RenewedUpload = NewUpload & Pick<UploadRow, 'store_upload_id'>;

/** A pending upload with its times (ISO 8601 UTC), for a list. */
export interface ListedUpload extends UploadRow {
  put_expires_at: string;
  expires_at: string;
  created_at: string;
}

/** What verification found in an object that is as promised. */
export interface VerifiedUpload {
  id: string;
  checksum: Sha256Hex;
  width: number | null;
  height: number | null;
}

export interface RejectedUpload {
  id: string;
  code: ErrorCode;
  reason: string;
}

const UPLOAD_COLUMNS = `u.id, u.file_path, u.mime_type, u.content_encoding, u.file_size, u.checksum, u.slice_index,
  u.sop_instance_uid, u.label_name, u.width, u.height, u.part_size, u.store_upload_id, u.verified_at IS NOT NULL AS verified, u.verified_checksum,
  u.verified_width, u.verified_height, u.rejected_code, u.rejected_reason,
  coalesce(u.verifying_until > now(), false) AS being_verified`;

/** Records what is about to be signed. Committed before any URL is handed out, so that no key is ever unknown. */
export async function insertUploads(
  session: Session,
  schema: Schema,
  groupId: number,
  uploads: readonly NewUpload[],
  ttlSeconds: number,
  lifetimeSeconds: number,
): Promise<void> {
  await session.execute(
    `INSERT INTO ${schema.tables.upload}
       (id, mask_group_id, file_path, mime_type, content_encoding, file_size, checksum, slice_index, sop_instance_uid,
        label_name, width, height, part_size, put_expires_at, expires_at)
     SELECT id, ?::bigint, file_path, mime_type, content_encoding, file_size, checksum, slice_index, sop_instance_uid,
            label_name, width, height, part_size,
            -- not now(): the transaction may have waited for the group, and the URL is signed after it
            statement_timestamp() + make_interval(secs => ?), statement_timestamp() + make_interval(secs => ?)
     FROM json_to_recordset(?::json) AS u (
       id uuid, file_path text, mime_type text, content_encoding text, file_size bigint, checksum text,
       slice_index int, sop_instance_uid text, label_name text, width int, height int, part_size bigint)`,
    [groupId, ttlSeconds, ttlSeconds + lifetimeSeconds, JSON.stringify(uploads)],
  );
}

/** One page of a group's live pending uploads, oldest first: a UUID version 7 begins with its time. */
export async function listUploads(
  session: Session,
  schema: Schema,
  groupId: number,
  limit: number,
  afterId?: string,
): Promise<ListedUpload[]> {
  const bindings: Binding[] = afterId === undefined ? [groupId, limit] : [groupId, afterId, limit];
  return session.rows<ListedUpload>(
    `SELECT ${UPLOAD_COLUMNS}, ${isoTime('u.put_expires_at')} AS put_expires_at,
            ${isoTime('u.expires_at')} AS expires_at, ${isoTime('u.created_at')} AS created_at
     FROM ${schema.tables.upload} u
     WHERE u.mask_group_id = ? AND u.expires_at > now() ${afterId === undefined ? '' : 'AND u.id > ?::uuid'}
     ORDER BY u.id LIMIT ?`,
    bindings,
  );
}

/**
 * Lets a live upload that was not rejected live on: at least as long as a URL made now, and then for the lifetime. One
 * conditional UPDATE: the sweep either finds the row renewed, or has deleted it and there is nothing to renew.
 */
export async function renewUpload(
  session: Session,
  schema: Schema,
  annotation: AnnotationKey,
  groupId: number,
  uploadId: string,
  ttlSeconds: number,
  lifetimeSeconds: number,
): Promise<RenewedUpload | undefined> {
  const [row] = await session.rows<RenewedUpload>(
    `UPDATE ${schema.tables.upload} u
     SET put_expires_at = greatest(u.put_expires_at, statement_timestamp() + make_interval(secs => ?)),
         expires_at = greatest(u.expires_at, statement_timestamp() + make_interval(secs => ?))
     FROM ${schema.tables.group} g
     WHERE u.id = ?::uuid AND u.mask_group_id = ? AND u.expires_at > now() AND u.rejected_code IS NULL
       AND g.id = u.mask_group_id AND g.annotation_id = ?::text::${schema.keyCast}
     RETURNING u.id, u.file_path, u.mime_type, u.content_encoding, u.file_size, u.checksum, u.slice_index,
               u.sop_instance_uid, u.label_name, u.width, u.height, u.part_size, u.store_upload_id`,
    [ttlSeconds, ttlSeconds + lifetimeSeconds, uploadId, groupId, annotation],
  );
  return row;
}

/**
 * Notes which unfinished upload of the store takes the parts, unless another one has taken the place of `expected`
 * meanwhile. Gives the one that does; undefined when the pending upload is gone or rejected. One row's update, which
 * can neither deadlock nor lose anything: it does not lock the group first.
 */
export async function replaceStoreUpload(
  session: Session,
  schema: Schema,
  groupId: number,
  uploadId: string,
  expected: string | null,
  started: string,
): Promise<string | undefined> {
  const [row] = await session.rows<{ store_upload_id: string }>(
    `UPDATE ${schema.tables.upload}
     SET store_upload_id = CASE WHEN store_upload_id IS NOT DISTINCT FROM ?::text THEN ?::text ELSE store_upload_id END
     WHERE id = ?::uuid AND mask_group_id = ? AND expires_at > now() AND rejected_code IS NULL
     RETURNING store_upload_id`,
    [expected, started, uploadId, groupId],
  );
  return row?.store_upload_id;
}

/** Deletes a live pending upload of a group whose lock the caller holds; the trigger queues its object. */
export async function deleteUpload(
  session: Session,
  schema: Schema,
  groupId: number,
  uploadId: string,
): Promise<boolean> {
  const deleted = await session.rows(
    `DELETE FROM ${schema.tables.upload}
     WHERE id = ?::uuid AND mask_group_id = ? AND expires_at > now() RETURNING id`,
    [uploadId, groupId],
  );
  return deleted.length === 1;
}

/** The group's live pending uploads under the given keys or ids. `lock` takes their rows, in the order of keys. */
export async function findUploads(
  session: Session,
  schema: Schema,
  groupId: number,
  keys: readonly string[],
  ids: readonly string[],
  lock: 'lock' | 'no lock',
): Promise<UploadRow[]> {
  return session.rows<UploadRow>(
    `SELECT ${UPLOAD_COLUMNS} FROM ${schema.tables.upload} u
     WHERE u.mask_group_id = ? AND (u.file_path = ANY (?::text[]) OR u.id = ANY (?::uuid[])) AND u.expires_at > now()
     ORDER BY u.file_path ${lock === 'lock' ? 'FOR UPDATE' : ''}`,
    [groupId, keys, ids],
  );
}

/** Keeps what verification established, so that no repeat has to read the object again. */
export async function keepVerified(
  session: Session,
  schema: Schema,
  groupId: number,
  verified: readonly VerifiedUpload[],
): Promise<void> {
  await session.execute(
    `UPDATE ${schema.tables.upload} u
     SET verified_at = now(), verified_checksum = v.checksum, verified_width = v.width, verified_height = v.height
     FROM json_to_recordset(?::json) AS v (id uuid, checksum text, width int, height int)
     WHERE u.id = v.id AND u.mask_group_id = ? AND u.verified_at IS NULL AND u.rejected_code IS NULL`,
    [JSON.stringify(verified), groupId],
  );
}

/**
 * Marks uploads whose object is not what was promised and queues the object. The pending row stays, so that a repeat
 * gets the same answer.
 */
export async function keepRejected(
  session: Session,
  schema: Schema,
  groupId: number,
  rejected: readonly RejectedUpload[],
): Promise<void> {
  await session.execute(
    `WITH marked AS (
       UPDATE ${schema.tables.upload} u SET rejected_code = r.code, rejected_reason = r.reason
       FROM json_to_recordset(?::json) AS r (id uuid, code text, reason text)
       WHERE u.id = r.id AND u.mask_group_id = ? AND u.verified_at IS NULL AND u.rejected_code IS NULL
       RETURNING u.file_path, u.put_expires_at, u.part_size
     )
     INSERT INTO ${schema.tables.deletion} (file_path, put_expires_at, multipart)
     SELECT file_path, put_expires_at, part_size IS NOT NULL FROM marked ORDER BY file_path ON CONFLICT (file_path) DO NOTHING`,
    [JSON.stringify(rejected), groupId],
  );
}

/** Deletes the masks that hold the slice and label of one of these uploads; triggers queue their objects. Gives ids. */
export async function deleteReplacedMasks(
  session: Session,
  schema: Schema,
  groupId: number,
  uploadIds: readonly string[],
  keptMaskIds: readonly number[],
): Promise<number[]> {
  const deleted = await session.rows<{ id: number }>(
    `DELETE FROM ${schema.tables.mask} m USING ${schema.tables.upload} u
     WHERE u.id = ANY (?::uuid[]) AND u.mask_group_id = ? AND m.mask_group_id = u.mask_group_id
       AND (u.slice_index IS NOT NULL OR u.sop_instance_uid IS NOT NULL)
       AND (m.slice_index IS NOT NULL OR m.sop_instance_uid IS NOT NULL)
       AND coalesce(m.slice_index::text, m.sop_instance_uid, '') = coalesce(u.slice_index::text, u.sop_instance_uid, '')
       AND coalesce(m.label_name, '') = coalesce(u.label_name, '')
       AND NOT (m.id = ANY (?::bigint[]))
     RETURNING m.id`,
    [uploadIds, groupId, keptMaskIds],
  );
  return deleted.map((row) => row.id);
}

/**
 * Moves verified uploads into the masks: one statement deletes the pending rows and inserts what it deleted. An upload
 * whose slice and label the group already holds gives no row; the caller compares the numbers and rolls back.
 */
export async function recordMasks(
  session: Session,
  schema: Schema,
  groupId: number,
  verified: readonly VerifiedUpload[],
): Promise<MaskRow[]> {
  return session.json<MaskRow>(
    `WITH verified AS (
       SELECT * FROM json_to_recordset(?::json) AS v (id uuid, checksum text, width int, height int)
     ), moved AS (
       DELETE FROM ${schema.tables.upload} u USING verified v
       WHERE u.id = v.id AND u.mask_group_id = ? AND u.rejected_code IS NULL
       RETURNING u.*, v.checksum AS real_checksum, v.width AS real_width, v.height AS real_height
     ), recorded AS (
       INSERT INTO ${schema.tables.mask}
         (mask_group_id, slice_index, sop_instance_uid, label_name, file_path, mime_type, content_encoding, file_size,
          checksum, width, height, put_expires_at)
       SELECT mask_group_id, slice_index, sop_instance_uid, label_name, file_path, mime_type, content_encoding,
              file_size, real_checksum, coalesce(real_width, width), coalesce(real_height, height), put_expires_at
       FROM moved ORDER BY file_path
       ON CONFLICT DO NOTHING
       RETURNING *
     )
     SELECT row_to_json(r)::text AS row FROM (SELECT ${maskColumns('recorded')} FROM recorded) r`,
    [JSON.stringify(verified), groupId],
  );
}

/** Deletes pending uploads that nobody completed in time; the trigger queues their objects. Gives their number. */
export async function deleteExpiredUploads(session: Session, schema: Schema, limit: number): Promise<number> {
  const deleted = await session.rows(
    `DELETE FROM ${schema.tables.upload} WHERE id IN (
       SELECT id FROM ${schema.tables.upload} WHERE expires_at <= now() ORDER BY expires_at LIMIT ?
       FOR UPDATE SKIP LOCKED)
     RETURNING id`,
    [limit],
  );
  return deleted.length;
}
