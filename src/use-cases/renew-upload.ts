import { MaskUploadError } from '../domain/errors.js';
import type { RenewUploadRequest, SignedParts, SignedPut } from '../domain/types.js';
import { validateBody } from '../domain/validation.js';
import { recordAudit } from '../repositories/audit.js';
import { lockGroup } from '../repositories/groups.js';
import { findUploads, renewUpload as prolong, type RenewedUpload } from '../repositories/uploads.js';
import type { Context, UploadScope } from './context.js';
import { groupNotFound } from './get-mask-group.js';
import { isMultipart } from './received-parts.js';
import { checkTtl } from './sign-download.js';
import { checkPartNumbers, partNumbersNeeded, partNumbersUnwanted, signParts } from './sign-parts.js';
import { signPending } from './sign-uploads.js';
import { storageCall } from './storage-call.js';
import { checkUploadId, uploadNotFound } from './upload-id.js';

/**
 * Fresh URLs for a pending upload, same key, same promise: one for a single PUT, or one for each part that is asked for.
 * The row's longer life is committed before there is a URL, so that the sweep cannot queue a key that someone may still
 * PUT to. Where the object is stored already, the store refuses the PUT, and the client goes on to complete.
 *
 * @throws MaskUploadError `upload-not-found`; `upload-rejected` when what was uploaded has been refused;
 *   `invalid-request` when part numbers are missing, out of range, or of no use
 */
export async function renewUpload(
  context: Context,
  scope: UploadScope,
  body: unknown,
): Promise<SignedPut | SignedParts> {
  const request = validateBody('RenewUploadRequest', body ?? {});
  const ttlSeconds = checkTtl(request.ttl_seconds, context.settings);
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
    checkParts(renewed, request);
    await recordAudit(session, schema, caller, {
      action: 'upload-urls-issued',
      outcome: 'done',
      annotation,
      groupId,
      details: { upload_ids: [uploadId], ttl_seconds: ttlSeconds },
    });
    return renewed;
  });
  return storageCall<SignedPut | SignedParts>(() =>
    isMultipart(upload)
      ? signParts(context, scope, upload, request.part_numbers ?? [], ttlSeconds)
      : signPending(context.storage, upload, ttlSeconds),
  );
}

function checkParts(upload: RenewedUpload, { part_numbers }: RenewUploadRequest): void {
  const numbers = part_numbers ?? undefined;
  if (!isMultipart(upload)) {
    if (numbers) throw partNumbersUnwanted();
  } else if (numbers) {
    checkPartNumbers(upload, numbers);
  } else {
    throw partNumbersNeeded(upload);
  }
}

function rejected(): MaskUploadError {
  const message = 'What was uploaded has been refused, and nothing else can be stored under its key. Sign it anew.';
  return new MaskUploadError('upload-rejected', message);
}
