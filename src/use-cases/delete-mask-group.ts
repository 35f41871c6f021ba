import { deleteGroup } from '../repositories/groups.js';
import type { Context, GroupScope } from './context.js';
import { groupNotFound } from './get-mask-group.js';

/** Deletes the group with its masks and pending uploads. Their objects are queued by triggers and go right after. */
export async function deleteMaskGroup(context: Context, scope: GroupScope): Promise<void> {
  const deleted = await context.database.write((session) =>
    deleteGroup(session, scope.schema, scope.annotation, scope.groupId),
  );
  if (!deleted) throw groupNotFound();
  context.upkeep.drainSoon();
}
