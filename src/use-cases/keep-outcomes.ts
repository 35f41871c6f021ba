import { lockGroup } from '../repositories/groups.js';
import {
  keepRejected,
  keepVerified,
  type RejectedUpload,
  type UploadRow,
  type VerifiedUpload,
} from '../repositories/uploads.js';
import type { Context, GroupScope } from './context.js';
import { groupNotFound } from './get-mask-group.js';
import type { Verification } from './verify-object.js';

/** What was found out about a pending upload, which may be nothing. */
export interface Outcome {
  upload: UploadRow;
  result: Verification | { status: 'gone' } | undefined;
}

export function verifiedOnes(outcomes: readonly Outcome[]): VerifiedUpload[] {
  return outcomes.flatMap(({ upload: { id }, result }) =>
    result?.status === 'verified'
      ? [{ id, checksum: result.checksum, width: result.width, height: result.height }]
      : [],
  );
}

function rejectedOnes(outcomes: readonly Outcome[]): RejectedUpload[] {
  return outcomes.flatMap(({ upload: { id }, result }) =>
    result?.status === 'rejected' ? [{ id, code: result.code, reason: result.reason }] : [],
  );
}

/** Writes what is known to the pending rows, and queues the rejected objects. What is kept already stays as it is. */
export function keepOutcomes(context: Context, scope: GroupScope, outcomes: readonly Outcome[]): Promise<void> {
  return keep(context, scope, verifiedOnes(outcomes), rejectedOnes(outcomes));
}

/** The same for verified uploads that were not recorded after all. */
export function keepForRepeat(context: Context, scope: GroupScope, verified: readonly VerifiedUpload[]): Promise<void> {
  return keep(context, scope, verified, []);
}

async function keep(
  context: Context,
  { schema, annotation, groupId }: GroupScope,
  verified: readonly VerifiedUpload[],
  rejected: readonly RejectedUpload[],
): Promise<void> {
  if (verified.length + rejected.length === 0) return;
  await context.database.write(async (session) => {
    if (!(await lockGroup(session, schema, annotation, groupId))) throw groupNotFound();
    if (verified.length > 0) await keepVerified(session, schema, groupId, verified);
    if (rejected.length > 0) await keepRejected(session, schema, groupId, rejected);
  });
  if (rejected.length > 0) context.upkeep.drainSoon();
}
