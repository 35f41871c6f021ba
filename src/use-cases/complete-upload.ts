import { isMaskUploadError, type MaskUploadError } from '../domain/errors.js';
import type { CompleteRequest, Completion } from '../domain/types.js';
import { validateBody } from '../domain/validation.js';
import { recordAudit } from '../repositories/audit.js';
import { groupExists } from '../repositories/groups.js';
import { annotationIdToJson } from '../repositories/schema.js';
import { type FileProblems, findFiles, knownProblems, refuseRepeats, throwProblems } from './completed-files.js';
import type { Context, GroupScope } from './context.js';
import { groupNotFound } from './get-mask-group.js';
import { keepForRepeat } from './keep-outcomes.js';
import { recordFiles } from './record-files.js';
import { verifyUploads } from './verify-uploads.js';

/**
 * Verifies uploaded files and records them as masks: all of them, or none with a reason for each that fails.
 *
 * 1. Find what the files are: masks already, or pending uploads. No lock is taken.
 * 2. Read the objects behind the pending ones. No connection is held meanwhile.
 * 3. In one transaction, with the group locked: look again, since a twin of this call may have been faster; move
 *    pending → mask; compare the group with what the client expects of it.
 *
 * A repeat of a call that succeeded finds masks in step 1 and gives the same answer. A refusal goes on record, too.
 */
export async function completeUpload(context: Context, scope: GroupScope, body: unknown): Promise<Completion> {
  const request = validateBody('CompleteRequest', body);
  try {
    return await complete(context, scope, request);
  } catch (error) {
    if (isRefusal(error)) await auditRefusal(context, scope, error);
    throw error;
  }
}

function isRefusal(error: unknown): error is MaskUploadError {
  return isMaskUploadError(error) && error.status === 409;
}

async function auditRefusal(context: Context, scope: GroupScope, { code, errors }: MaskUploadError): Promise<void> {
  const { schema, annotation, groupId, caller } = scope;
  const details = { failing_files: errors.filter(({ path }) => path.startsWith('/uploaded_files/')).length };
  await context.database.write((session) =>
    recordAudit(session, schema, caller, { action: 'completed', outcome: code, annotation, groupId, details }),
  );
}

async function complete(context: Context, scope: GroupScope, request: CompleteRequest): Promise<Completion> {
  const files = request.uploaded_files;
  refuseRepeats(files, context.settings.maxBatch);
  const found = await context.database.read(async (session) => {
    if (!(await groupExists(session, scope.schema, scope.annotation, scope.groupId))) throw groupNotFound();
    return findFiles(session, scope, files, 'no lock');
  });

  const problems: FileProblems = knownProblems(files, found);
  const verified = await verifyUploads(context, scope, files, found, problems);
  throwProblems(problems);

  const { completion, recorded, replaced } = await context.database
    .write((session) => recordFiles(session, scope, request, verified))
    .catch(async (error) => {
      // what is wrong with the group is put right and the call repeated, which need not read the objects again
      if (isRefusal(error)) await keepForRepeat(context, scope, [...verified.values()]).catch(() => undefined);
      throw error;
    });
  if (replaced.length > 0) context.upkeep.drainSoon();
  context.settings.onEvent({
    type: 'uploads-completed',
    annotationId: annotationIdToJson(scope.schema, scope.annotation),
    groupId: scope.groupId,
    masks: recorded.length,
    replaced: replaced.length,
    bytes: recorded.reduce((sum, mask) => sum + (mask.file_size ?? 0), 0),
  });
  return completion;
}
