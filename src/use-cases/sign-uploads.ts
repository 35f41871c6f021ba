import { type FieldError, fieldError, fieldErrors } from '../domain/errors.js';
import { objectKey, uuidv7 } from '../domain/object-key.js';
import { layoutOf } from '../domain/part-layout.js';
import type { FileToSign, SignedMultipart, SignedPut, SignedUpload } from '../domain/types.js';
import { validateBody } from '../domain/validation.js';
import { inSpan } from '../observability/telemetry.js';
import { recordAudit } from '../repositories/audit.js';
import { lockGroup } from '../repositories/groups.js';
import { insertUploads, type NewUpload } from '../repositories/uploads.js';
import type { Storage } from '../storage/storage.js';
import { mapInChunks } from './concurrency.js';
import type { Context, GroupScope } from './context.js';
import { type CheckedFile, checkFile } from './file-to-sign.js';
import { groupNotFound } from './get-mask-group.js';
import { isMultipart, type MultipartUpload } from './received-parts.js';
import { checkTtl } from './sign-download.js';
import { secondsUntil, storageCall } from './storage-call.js';

/** Errors listed in one answer. */
const MAX_ERRORS = 20;

/** URLs signed before other requests get a turn: about 5 ms. */
export const SIGNED_AT_ONCE = 100;

/** Signs the upload of one file. */
export async function signUpload(context: Context, scope: GroupScope, body: unknown): Promise<SignedUpload> {
  const { ttl_seconds, ...file } = validateBody('SignUploadRequest', body);
  const ttlSeconds = checkTtl(ttl_seconds, context.settings);
  const [signed] = await sign(
    context,
    scope,
    checkFiles(context, [file], () => ''),
    ttlSeconds,
  );
  if (!signed) throw new Error('One file was to be signed and none was');
  return signed;
}

/** Signs the uploads of many files; the answer is in the order asked. */
export async function signUploads(
  context: Context,
  scope: GroupScope,
  body: unknown,
): Promise<{ uploads: SignedUpload[] }> {
  const { files: asked, ttl_seconds } = validateBody('SignUploadsRequest', body);
  const { maxBatch } = context.settings;
  if (asked.length > maxBatch) {
    throw fieldError(
      'invalid-request',
      '/files',
      `files must have at most ${maxBatch} items; sign the rest in another call`,
    );
  }
  const ttlSeconds = checkTtl(ttl_seconds, context.settings);
  const files = checkFiles(context, asked, (index) => `/files/${index}`);
  return { uploads: await sign(context, scope, files, ttlSeconds) };
}

/**
 * The pending rows are committed before any URL leaves: a process that dies in between leaves rows that the sweep
 * finds, never a key that nobody knows.
 */
async function sign(
  context: Context,
  { schema, annotation, groupId, caller }: GroupScope,
  files: readonly CheckedFile[],
  ttlSeconds: number,
): Promise<SignedUpload[]> {
  const { keyPrefix, uploadLifetimeSeconds } = context.settings;
  const uploads = files.map(({ extension, ...file }): NewUpload => {
    const id = uuidv7();
    const key = objectKey({ prefix: keyPrefix, installation: schema.installation, groupId, uploadId: id, extension });
    return { id, file_path: key, ...file };
  });
  await context.database.write(async (session) => {
    if (!(await lockGroup(session, schema, annotation, groupId))) throw groupNotFound();
    await insertUploads(session, schema, groupId, uploads, ttlSeconds, uploadLifetimeSeconds);
    await recordAudit(session, schema, caller, {
      action: 'upload-urls-issued',
      outcome: 'done',
      annotation,
      groupId,
      details: { upload_ids: uploads.map(({ id }) => id), ttl_seconds: ttlSeconds },
    });
  });
  const signed = await inSpan('sign', { files: uploads.length }, () =>
    storageCall(() =>
      mapInChunks(uploads, SIGNED_AT_ONCE, async (upload) =>
        isMultipart(upload) ? inParts(upload, ttlSeconds) : signPending(context.storage, upload, ttlSeconds),
      ),
    ),
  );
  const bytes = uploads.reduce((sum, upload) => sum + upload.file_size, 0);
  context.settings.onEvent({ type: 'uploads-signed', files: uploads.length, bytes });
  return signed;
}

/** What is too large for one PUT is cut; its parts are signed by its own route, when they are about to be sent. */
function inParts(upload: MultipartUpload<NewUpload>, ttlSeconds: number): SignedMultipart {
  return {
    upload_id: upload.id,
    file_path: upload.file_path,
    multipart: layoutOf(upload.file_size, upload.part_size),
    expires_in: ttlSeconds,
    expires_at: new Date(Date.now() + ttlSeconds * 1000).toISOString(),
  };
}

/** Signs a PUT of exactly what the pending row promises. The row is committed before, and lives longer than the URL. */
export async function signPending(storage: Storage, upload: NewUpload, ttlSeconds: number): Promise<SignedPut> {
  const signedAt = Date.now();
  const { method, url, headers, expiresAt } = await storage.signUpload(upload.file_path, {
    contentType: upload.mime_type,
    contentLength: upload.file_size,
    contentEncoding: upload.content_encoding ?? undefined,
    sha256: upload.checksum ?? undefined,
    ttlSeconds,
  });
  return {
    upload_id: upload.id,
    file_path: upload.file_path,
    method: method as 'PUT',
    upload_url: url,
    headers,
    expires_in: secondsUntil(expiresAt, signedAt, ttlSeconds),
    expires_at: expiresAt.toISOString(),
  };
}

function checkFiles(context: Context, files: readonly FileToSign[], pathOf: (index: number) => string): CheckedFile[] {
  const errors: FieldError[] = [];
  const checked: CheckedFile[] = [];
  const slots = new Map<string, number>();
  for (const [index, file] of files.entries()) {
    const result = checkFile(file, pathOf(index), context.settings);
    if (result.errors) {
      errors.push(...result.errors);
      if (errors.length >= MAX_ERRORS) break;
      continue;
    }
    checked.push(result.file);
    const slot = slotOf(result.file);
    if (slot === undefined) continue;
    const earlier = slots.get(slot);
    if (earlier === undefined) slots.set(slot, index);
    else {
      const message = `has the same slice and label as file ${earlier} of this request`;
      errors.push({ path: pathOf(index), code: 'invalid-request', message });
    }
  }
  const [first, ...rest] = errors.slice(0, MAX_ERRORS);
  if (first) throw fieldErrors([first, ...rest]);
  return checked;
}

/** What at most one mask of a group may hold; a volume, which has neither slice nor UID, holds nothing. */
function slotOf({ slice_index, sop_instance_uid, label_name }: CheckedFile): string | undefined {
  const slice = slice_index ?? sop_instance_uid;
  return slice === null ? undefined : `${slice}\n${label_name ?? ''}`;
}
