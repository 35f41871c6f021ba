import { lockGroup } from '../repositories/groups.js';
import { deleteMask as deleteRow } from '../repositories/masks.js';
import type { Context, MaskScope } from './context.js';
import { maskNotFound } from './get-mask.js';
import { groupNotFound } from './get-mask-group.js';

/** Deletes one mask. Its object is queued by a trigger and goes right after. */
export async function deleteMask(context: Context, scope: MaskScope): Promise<void> {
  const { schema, annotation, groupId, maskId } = scope;
  await context.database.write(async (session) => {
    if (!(await lockGroup(session, schema, annotation, groupId))) throw groupNotFound();
    if (!(await deleteRow(session, schema, groupId, maskId))) throw maskNotFound();
  });
  context.upkeep.drainSoon();
}
