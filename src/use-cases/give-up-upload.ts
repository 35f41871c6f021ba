import { recordAudit } from '../repositories/audit.js';
import { lockGroup } from '../repositories/groups.js';
import { deleteUpload } from '../repositories/uploads.js';
import type { Context, UploadScope } from './context.js';
import { groupNotFound } from './get-mask-group.js';
import { checkUploadId, uploadNotFound } from './upload-id.js';

/**
 * Gives a pending upload up. A trigger queues its key: the object goes right after, and once more when no PUT to it can
 * be under way any longer. With the group locked, either this or completing the upload comes first; the other one then
 * finds nothing.
 *
 * @throws MaskUploadError `upload-not-found`
 */
export async function giveUpUpload(context: Context, scope: UploadScope): Promise<void> {
  const uploadId = checkUploadId(scope);
  const { schema, annotation, groupId, caller } = scope;
  await context.database.write(async (session) => {
    if (!(await lockGroup(session, schema, annotation, groupId))) throw groupNotFound();
    if (!(await deleteUpload(session, schema, groupId, uploadId))) throw uploadNotFound();
    await recordAudit(session, schema, caller, {
      action: 'upload-given-up',
      outcome: 'done',
      annotation,
      groupId,
      details: { upload_ids: [uploadId] },
    });
  });
  context.upkeep.drainSoon();
}
