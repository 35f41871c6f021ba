import type { Session } from './database.js';
import type { Schema } from './schema.js';

/** What an audit row tells of. `deleted` without an actor is the host's own SQL, seen by the triggers. */
export type AuditAction =
  | 'upload-urls-issued'
  | 'upload-given-up'
  | 'completed'
  | 'download-urls-issued'
  | 'content-downloaded'
  | 'archive-downloaded'
  | 'mask-deleted'
  | 'mask-group-deleted'
  | 'deleted'
  | 'forbidden';

/** Who makes a call, and from where. */
export interface Caller {
  actor: string | null;
  /** IP address as the host sees it. */
  remoteAddress: string | null;
}

export interface AuditEntry {
  action: AuditAction;
  /** `done`, or the code of the error that was answered. */
  outcome: string;
  annotation: string;
  groupId?: number | undefined;
  /** What it was done to: ids and numbers, never a URL, a token or a client's text. */
  details?: Record<string, unknown>;
}

/** Writes one row, in the transaction of the change that it tells of. */
export async function recordAudit(session: Session, schema: Schema, caller: Caller, entry: AuditEntry): Promise<void> {
  await session.execute(
    `INSERT INTO ${schema.tables.audit} (action, outcome, actor, remote_address, annotation_id, mask_group_id, details)
     VALUES (?, ?, ?, ?, ?, ?, ?::jsonb)`,
    [
      entry.action,
      entry.outcome,
      caller.actor,
      caller.remoteAddress,
      entry.annotation,
      entry.groupId ?? null,
      JSON.stringify(entry.details ?? {}),
    ],
  );
}

/**
 * Tells the triggers that the deletions of this transaction are on record with their actor; every other deletion, such
 * as the cascade of a host's own DELETE, they record themselves.
 */
export async function announceAuditedDeletion(session: Session): Promise<void> {
  await session.execute(`SELECT set_config('pacs_mask_upload.audited', 'on', true)`);
}

/** Deletes rows older than that; gives their number, at most `limit`. */
export async function deleteOldAudit(session: Session, schema: Schema, days: number, limit: number): Promise<number> {
  const deleted = await session.rows(
    `DELETE FROM ${schema.tables.audit} WHERE id IN (
       SELECT id FROM ${schema.tables.audit} WHERE occurred_at < now() - make_interval(secs => ?)
       ORDER BY occurred_at LIMIT ? FOR UPDATE SKIP LOCKED)
     RETURNING id`,
    [days * 86_400, limit],
  );
  return deleted.length;
}
