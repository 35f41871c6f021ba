import type { Session } from './database.js';
import type { Schema } from './schema.js';

/**
 * A lease on reading a pending upload's large object: the very instant at which it ends, to the microsecond. Whoever
 * took it over meanwhile has set another one, so the value itself says whose it is.
 *
 * These are updates of one row each, which can neither deadlock nor lose anything: they do not lock the group first.
 */
export type VerificationLease = string;

const LEASE = `to_char(verifying_until AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;

export interface LeaseTimes {
  leaseSeconds: number;
  /** The upload lives on at least that long after the lease, so that the client can come back for the result. */
  lifeAfterSeconds: number;
}

/** Takes the lease unless another process holds it, or the upload is gone, expired or judged already. */
export async function takeLease(
  session: Session,
  schema: Schema,
  groupId: number,
  uploadId: string,
  times: LeaseTimes,
): Promise<VerificationLease | undefined> {
  const free = `expires_at > now() AND verified_at IS NULL AND rejected_code IS NULL
    AND (verifying_until IS NULL OR verifying_until <= now())`;
  return setLease(session, schema, groupId, uploadId, times, free, []);
}

/** Prolongs the lease; undefined when it was lost, or the upload is gone. */
export async function renewLease(
  session: Session,
  schema: Schema,
  groupId: number,
  uploadId: string,
  lease: VerificationLease,
  times: LeaseTimes,
): Promise<VerificationLease | undefined> {
  return setLease(session, schema, groupId, uploadId, times, 'verifying_until = ?::timestamptz', [lease]);
}

async function setLease(
  session: Session,
  schema: Schema,
  groupId: number,
  uploadId: string,
  { leaseSeconds, lifeAfterSeconds }: LeaseTimes,
  condition: string,
  bindings: readonly string[],
): Promise<VerificationLease | undefined> {
  const [row] = await session.rows<{ lease: VerificationLease }>(
    `UPDATE ${schema.tables.upload}
     SET verifying_until = now() + make_interval(secs => ?),
         expires_at = greatest(expires_at, now() + make_interval(secs => ?))
     WHERE id = ?::uuid AND mask_group_id = ? AND ${condition}
     RETURNING ${LEASE} AS lease`,
    [leaseSeconds, leaseSeconds + lifeAfterSeconds, uploadId, groupId, ...bindings],
  );
  return row?.lease;
}

/** Ends the lease, if it still is this one. */
export async function releaseLease(
  session: Session,
  schema: Schema,
  groupId: number,
  uploadId: string,
  lease: VerificationLease,
): Promise<void> {
  await session.execute(
    `UPDATE ${schema.tables.upload} SET verifying_until = NULL
     WHERE id = ?::uuid AND mask_group_id = ? AND verifying_until = ?::timestamptz`,
    [uploadId, groupId, lease],
  );
}
