import { MaskUploadError } from '../domain/errors.js';
import type { SignedUpload } from '../domain/types.js';
import { validateBody } from '../domain/validation.js';
import { recordAudit } from '../repositories/audit.js';
import { lockGroup } from '../repositories/groups.js';
import { findUploads, renewUpload as prolong } from '../repositories/uploads.js';
import type { Context, UploadScope } from './context.js';
import { groupNotFound } from './get-mask-group.js';
import { checkTtl } from './sign-download.js';
import { signPending } from './sign-uploads.js';
import { storageCall } from './storage-call.js';
import { checkUploadId, uploadNotFound } from './upload-id.js';

/**
 * A fresh URL for a pending upload: same key, same promise. The row's longer life is committed before there is a URL,
 * so that the sweep cannot queue a key that someone may still PUT to. Where the object is stored already, the store
 * answers the PUT with 412, and the client goes on to complete.
 *
 * @throws MaskUploadError `upload-not-found`; `upload-rejected` when what was uploaded has been refused
 */
export async function renewUpload(context: Context, scope: UploadScope, body: unknown): Promise<SignedUpload> {
  const ttlSeconds = checkTtl(validateBody('RenewUploadRequest', body ?? {}).ttl_seconds, context.settings);
  const uploadId = checkUploadId(scope);
  const { schema, annotation, groupId, caller } = scope;
  const { uploadLifetimeSeconds } = context.settings;

  const upload = await context.database.write(async (session) => {
    if (!(await lockGroup(session, schema, annotation, groupId))) throw groupNotFound();
    const renewed = await prolong(session, schema, annotation, groupId, uploadId, ttlSeconds, uploadLifetimeSeconds);
    if (!renewed) {
      const [found] = await findUploads(session, schema, groupId, [], [uploadId], 'no lock');
      throw found?.rejected_code ? rejected() : uploadNotFound();
    }
    await recordAudit(session, schema, caller, {
      action: 'upload-urls-issued',
      outcome: 'done',
      annotation,
      groupId,
      details: { upload_ids: [uploadId], ttl_seconds: ttlSeconds },
    });
    return renewed;
  });
  return storageCall(() => signPending(context.storage, upload, ttlSeconds));
}

function rejected(): MaskUploadError {
  const message = 'What was uploaded has been refused, and nothing else can be stored under its key. Sign it anew.';
  return new MaskUploadError('upload-rejected', message);
}
