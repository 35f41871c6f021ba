import { announceAuditedDeletion, recordAudit } from '../repositories/audit.js';
import { lockGroup } from '../repositories/groups.js';
import { deleteMask as deleteRow, findMask } from '../repositories/masks.js';
import { annotationIdToJson } from '../repositories/schema.js';
import type { Context, MaskScope } from './context.js';
import { maskNotFound } from './get-mask.js';

/** Deletes one mask. Its object is queued by a trigger and goes right after. */
export async function deleteMask(context: Context, { schema, annotation, maskId, caller }: MaskScope): Promise<void> {
  const groupId = await context.database.write(async (session) => {
    await announceAuditedDeletion(session);
    // a mask never changes its group: finding it first tells which one to lock
    const mask = await findMask(session, schema, annotation, maskId);
    const locked = mask && (await lockGroup(session, schema, annotation, mask.mask_group_id));
    if (!locked || !(await deleteRow(session, schema, mask.mask_group_id, maskId))) throw maskNotFound();
    await recordAudit(session, schema, caller, {
      action: 'mask-deleted',
      outcome: 'done',
      annotation,
      groupId: mask.mask_group_id,
      details: { mask_ids: [maskId] },
    });
    return mask.mask_group_id;
  });
  const annotationId = annotationIdToJson(schema, annotation);
  context.settings.onEvent({ type: 'mask-deleted', annotationId, groupId, maskId });
  context.upkeep.drainSoon();
}
