import { announceAuditedDeletion, recordAudit } from '../repositories/audit.js';
import { deleteGroup } from '../repositories/groups.js';
import { annotationIdToJson } from '../repositories/schema.js';
import type { Context, GroupScope } from './context.js';
import { groupNotFound } from './get-mask-group.js';

/** Deletes the group with its masks and pending uploads. Their objects are queued by triggers and go right after. */
export async function deleteMaskGroup(context: Context, scope: GroupScope): Promise<void> {
  const { schema, annotation, groupId, caller } = scope;
  await context.database.write(async (session) => {
    await announceAuditedDeletion(session);
    if (!(await deleteGroup(session, schema, annotation, groupId))) throw groupNotFound();
    await recordAudit(session, schema, caller, { action: 'mask-group-deleted', outcome: 'done', annotation, groupId });
  });
  context.settings.onEvent({
    type: 'mask-group-deleted',
    annotationId: annotationIdToJson(schema, annotation),
    groupId,
  });
  context.upkeep.drainSoon();
}
