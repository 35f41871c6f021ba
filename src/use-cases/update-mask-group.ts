import type { MaskGroup } from '../domain/types.js';
import { validateBody } from '../domain/validation.js';
import { findGroup, updateGroup } from '../repositories/groups.js';
import type { Context, GroupScope } from './context.js';
import { groupNotFound } from './get-mask-group.js';
import { checkGroupFields } from './group-fields.js';

/** Changes the given fields; null clears one (`slice_count` and `mask_type` go back to their defaults). */
export async function updateMaskGroup(context: Context, scope: GroupScope, body: unknown): Promise<MaskGroup> {
  const fields = checkGroupFields(validateBody('UpdateMaskGroupRequest', body), context.settings);
  const { schema, annotation, groupId } = scope;
  return context.database.write(async (session) => {
    const found = await updateGroup(session, schema, annotation, groupId, fields);
    const group = found && (await findGroup(session, schema, annotation, groupId));
    if (!group) throw groupNotFound();
    return group;
  });
}
