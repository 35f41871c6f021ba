import type { ObjectKey, Sha256Hex } from '../domain/types.js';
import type { Session } from './database.js';
import type { Schema } from './schema.js';

/** What a mask row promises of its object. Rows adopted from tables made by hand may promise less. */
export interface PromisedObject {
  id: number;
  mask_group_id: number;
  file_path: ObjectKey;
  file_size: number | null;
  checksum: Sha256Hex | null;
}

/** The highest id of a mask; masks recorded from now on have higher ones. */
export async function newestMaskId(session: Session, schema: Schema): Promise<number> {
  const [newest] = await session.rows<{ id: number }>(`SELECT coalesce(max(id), 0) AS id FROM ${schema.tables.mask}`);
  return newest?.id ?? 0;
}

/** Masks by id, those above `after` up to `last`. An adopted row's checksum that is no SHA-256 promises nothing. */
export async function masksById(
  session: Session,
  schema: Schema,
  after: number,
  last: number,
  limit: number,
): Promise<PromisedObject[]> {
  return session.rows<PromisedObject>(
    `SELECT id, mask_group_id, file_path, file_size, CASE WHEN checksum ~ '^[0-9a-f]{64}$' THEN checksum END AS checksum
     FROM ${schema.tables.mask} WHERE id > ? AND id <= ? ORDER BY id LIMIT ?`,
    [after, last, limit],
  );
}

/** Those of the masks that are still there. */
export async function existingMasks(session: Session, schema: Schema, ids: readonly number[]): Promise<Set<number>> {
  const rows = await session.rows<{ id: number }>(`SELECT id FROM ${schema.tables.mask} WHERE id = ANY (?::bigint[])`, [
    ids,
  ]);
  return new Set(rows.map(({ id }) => id));
}

/** A key that moves from one table to another is in exactly one of them in every snapshot: one statement sees one. */
function inNoTable(schema: Schema): string {
  const { mask, upload, deletion } = schema.tables;
  return [mask, upload, deletion]
    .map((table) => `NOT EXISTS (SELECT FROM ${table} t WHERE t.file_path = listed.key)`)
    .join(' AND ');
}

/** Those of the keys that none of the three tables holds. */
export async function unknownKeys(session: Session, schema: Schema, keys: readonly string[]): Promise<Set<string>> {
  const rows = await session.rows<{ key: string }>(
    `SELECT key FROM unnest(?::text[]) AS listed (key) WHERE ${inNoTable(schema)}`,
    [keys],
  );
  return new Set(rows.map(({ key }) => key));
}

/** Those of the keys that are pending, or queued for deletion. */
export async function pendingOrQueued(session: Session, schema: Schema, keys: readonly string[]): Promise<Set<string>> {
  const { upload, deletion } = schema.tables;
  const rows = await session.rows<{ key: string }>(
    `SELECT key FROM unnest(?::text[]) AS listed (key)
     WHERE EXISTS (SELECT FROM ${upload} t WHERE t.file_path = listed.key)
        OR EXISTS (SELECT FROM ${deletion} t WHERE t.file_path = listed.key)`,
    [keys],
  );
  return new Set(rows.map(({ key }) => key));
}

/** Queues those of the keys that none of the three tables holds, not to be deleted for `delaySeconds`. Gives their number. */
export async function enqueueUnknown(
  session: Session,
  schema: Schema,
  keys: readonly string[],
  delaySeconds: number,
): Promise<number> {
  return session.execute(
    `INSERT INTO ${schema.tables.deletion} (file_path, put_expires_at, not_before)
     SELECT key, now(), now() + make_interval(secs => ?) FROM unnest(?::text[]) AS listed (key)
     WHERE ${inNoTable(schema)} ORDER BY key COLLATE "C" ON CONFLICT (file_path) DO NOTHING`,
    [delaySeconds, keys],
  );
}
