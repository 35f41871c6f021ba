import type { ObjectKey } from '../domain/types.js';
import type { Session } from './database.js';
import type { Schema } from './schema.js';

/** A queued key that this process may work on until its lease ends. */
export interface ClaimedDeletion {
  file_path: ObjectKey;
  /** No signed PUT can create the object any more: once it is deleted now, the row may go. */
  final: boolean;
  /** The store may hold parts of an unfinished upload under the key as well. */
  multipart: boolean;
}

/** Counting more would take long, and tell nobody anything. */
const MOST_COUNTED = 1_000_000;

/** Batches of live masks' keys that one claim drops before it lets the next run go on. */
const MAX_DROPPED_BATCHES = 10;

/**
 * Leases due keys: nobody else takes them for `leaseSeconds`, and a process that dies gives them back that way. No lock
 * outlives the statement, since the object store is asked in between.
 *
 * A due key that is a mask's is dropped from the queue instead. No key goes from mask to queue and back: such a mask was
 * put back into a database that had lost it after its object was queued as an orphan.
 */
export async function claimDeletions(
  session: Session,
  schema: Schema,
  limit: number,
  leaseSeconds: number,
  graceSeconds: number,
): Promise<ClaimedDeletion[]> {
  for (let round = 1; ; round++) {
    const due = await session.json<ClaimedDeletion & { live: boolean }>(
      `WITH due AS (
         SELECT file_path FROM ${schema.tables.deletion} WHERE not_before <= now()
         ORDER BY not_before LIMIT ? FOR UPDATE SKIP LOCKED
       ), judged AS (
         SELECT due.file_path, m.file_path IS NOT NULL AS live
         FROM due LEFT JOIN ${schema.tables.mask} m ON m.file_path = due.file_path
       ), dropped AS (
         DELETE FROM ${schema.tables.deletion} d USING judged j WHERE d.file_path = j.file_path AND j.live
         RETURNING d.file_path, true AS live, false AS final, d.multipart
       ), claimed AS (
         UPDATE ${schema.tables.deletion} d
         SET not_before = now() + make_interval(secs => ?), attempts = d.attempts + 1
         FROM judged j WHERE d.file_path = j.file_path AND NOT j.live
         RETURNING d.file_path, false AS live, d.put_expires_at + make_interval(secs => ?) <= now() AS final,
                   d.multipart
       )
       SELECT row_to_json(r)::text AS row FROM (SELECT * FROM claimed UNION ALL SELECT * FROM dropped) r`,
      [limit, leaseSeconds, graceSeconds],
    );
    const claimed = due.flatMap(({ live, ...deletion }) => (live ? [] : [deletion]));
    if (claimed.length > 0 || due.length === 0 || round === MAX_DROPPED_BATCHES) return claimed;
  }
}

/**
 * After the objects are gone: drops the rows that were final when claimed, and puts the others off until their PUT
 * URLs are dead for `graceSeconds`. Rows that someone else holds are left to the end of their lease, so that the queue
 * never makes a host's own DELETE wait in a circle.
 */
export async function settleDeletions(
  session: Session,
  schema: Schema,
  claimed: readonly ClaimedDeletion[],
  graceSeconds: number,
): Promise<void> {
  await session.execute(
    `WITH held AS (
       SELECT d.file_path, c.final FROM ${schema.tables.deletion} d
       JOIN json_to_recordset(?::json) AS c (file_path text, final boolean) ON c.file_path = d.file_path
       ORDER BY d.file_path FOR UPDATE OF d SKIP LOCKED
     ), dropped AS (
       DELETE FROM ${schema.tables.deletion} d USING held
       WHERE d.file_path = held.file_path AND held.final AND d.put_expires_at + make_interval(secs => ?) <= now()
     )
     UPDATE ${schema.tables.deletion} d
     SET not_before = d.put_expires_at + make_interval(secs => ?), attempts = 0
     FROM held WHERE d.file_path = held.file_path AND NOT held.final`,
    [JSON.stringify(claimed), graceSeconds, graceSeconds],
  );
}

/** Puts failed deletions off by `baseSeconds`, doubled with each attempt, up to ten minutes. */
export async function postponeDeletions(
  session: Session,
  schema: Schema,
  keys: readonly ObjectKey[],
  baseSeconds: number,
): Promise<void> {
  await session.execute(
    `UPDATE ${schema.tables.deletion}
     SET not_before = now() + make_interval(secs => least(600, ? * 2 ^ least(attempts - 1, 10)))
     WHERE file_path IN (
       SELECT file_path FROM ${schema.tables.deletion} WHERE file_path = ANY (?::text[])
       ORDER BY file_path FOR UPDATE SKIP LOCKED)`,
    [baseSeconds, keys],
  );
}

export async function countDeletions(session: Session, schema: Schema): Promise<number> {
  const [row] = await session.rows<{ count: number }>(
    `SELECT count(*) AS count FROM (SELECT FROM ${schema.tables.deletion} LIMIT ?) queued`,
    [MOST_COUNTED],
  );
  return row?.count ?? 0;
}
