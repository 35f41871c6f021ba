import { type FieldError, fieldError, fieldErrors, type MaskUploadError } from '../domain/errors.js';
import { layoutOf, partAt } from '../domain/part-layout.js';
import type { SignedPart, SignedParts } from '../domain/types.js';
import { type RenewedUpload, replaceStoreUpload } from '../repositories/uploads.js';
import { mapInChunks } from './concurrency.js';
import type { Context, GroupScope } from './context.js';
import { type MultipartUpload, receivedParts, storedObject } from './received-parts.js';
import { SIGNED_AT_ONCE } from './sign-uploads.js';
import { secondsUntil } from './storage-call.js';
import { uploadNotFound } from './upload-id.js';

/** Errors listed in one answer. */
const MAX_ERRORS = 20;

/** @throws MaskUploadError `invalid-request` for numbers that no part has. */
export function checkPartNumbers(
  { file_size, part_size }: MultipartUpload<RenewedUpload>,
  numbers: readonly number[],
): void {
  const { part_count } = layoutOf(file_size, part_size);
  const errors = numbers.flatMap((number, index): FieldError[] => {
    if (number <= part_count) return [];
    const message = `must be from 1 to ${part_count}: so many parts the file has`;
    return [{ path: `/part_numbers/${index}`, code: 'invalid-request', message }];
  });
  const [first, ...rest] = errors.slice(0, MAX_ERRORS);
  if (first) throw fieldErrors([first, ...rest]);
}

export function partNumbersNeeded({ file_size, part_size }: MultipartUpload<RenewedUpload>): MaskUploadError {
  const { part_count } = layoutOf(file_size, part_size);
  const message = `part_numbers is required: the file is uploaded in parts, 1 to ${part_count}; name the ones to sign now`;
  return fieldError('invalid-request', '/part_numbers', message);
}

export function partNumbersUnwanted(): MaskUploadError {
  const message = 'part_numbers is for files that are uploaded in parts, and this one is a single PUT; leave it out';
  return fieldError('invalid-request', '/part_numbers', message);
}

/** Signs a PUT of each of these parts. The row is committed before, and lives longer than the URLs. */
export async function signParts(
  context: Context,
  scope: GroupScope,
  upload: MultipartUpload<RenewedUpload>,
  numbers: readonly number[],
  ttlSeconds: number,
): Promise<SignedParts> {
  const id = await storeUpload(context, scope, upload);
  const signedAt = Date.now();
  let expiresAt = Number.POSITIVE_INFINITY;
  const parts = await mapInChunks(numbers, SIGNED_AT_ONCE, async (partNumber): Promise<SignedPart> => {
    const { offset, length } = partAt(upload.file_size, upload.part_size, partNumber);
    const conditions = { id, partNumber, contentLength: length, ttlSeconds };
    const signed = await context.storage.signPart(upload.file_path, conditions);
    expiresAt = Math.min(expiresAt, signed.expiresAt.getTime());
    const { url, headers } = signed;
    return { part_number: partNumber, offset, length, method: 'PUT', upload_url: url, headers };
  });
  const dies = new Date(expiresAt);
  return { parts, expires_in: secondsUntil(dies, signedAt, ttlSeconds), expires_at: dies.toISOString() };
}

/**
 * The store's unfinished upload that takes the parts. It is started when parts are first signed, and anew when the store
 * has it no longer (a lifecycle rule of the bucket ended it, say), unless that is because the object is there: then the
 * store refuses the parts, and the client finds out that it can complete.
 *
 * The pending row is there before the store is asked, and whatever is under its key is given up with it: at worst a
 * process that dies here leaves an upload that nobody puts parts into until then.
 */
async function storeUpload(
  { storage, database }: Context,
  { schema, groupId }: GroupScope,
  upload: MultipartUpload<RenewedUpload>,
): Promise<string> {
  const known = upload.store_upload_id;
  if (known !== null && ((await receivedParts(storage, upload)) || (await storedObject(storage, upload)))) return known;
  const started = await storage.startMultipart(upload.file_path, {
    contentType: upload.mime_type,
    contentEncoding: upload.content_encoding ?? undefined,
  });
  const current = await database.write((session) =>
    replaceStoreUpload(session, schema, groupId, upload.id, known, started),
  );
  // somebody else was faster, or has given the upload up; what cannot be ended now goes with the rest of the key
  if (current !== started) await storage.abortMultipart(upload.file_path, started).catch(() => undefined);
  if (current === undefined) throw uploadNotFound();
  return current;
}
