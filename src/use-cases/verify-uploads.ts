import { MaskUploadError } from '../domain/errors.js';
import { lockGroup } from '../repositories/groups.js';
import {
  keepRejected,
  keepVerified,
  type RejectedUpload,
  type UploadRow,
  type VerifiedUpload,
} from '../repositories/uploads.js';
import { addProblem, type FileProblems, type FoundFiles } from './completed-files.js';
import type { Context, GroupScope } from './context.js';
import { groupNotFound } from './get-mask-group.js';
import { storageCall } from './storage-call.js';
import { SMALL_OBJECT_BYTES, type Verification } from './verify-object.js';

export type VerifiedUploads = ReadonlyMap<string, VerifiedUpload>;

/**
 * Verifies the objects of all pending uploads among the files and adds what is wrong to `problems`. When anything is,
 * what was learned is kept on the pending rows, so that a repeat does not read those objects again.
 *
 * @returns the verified ones by upload id.
 * @throws MaskUploadError `storage-unavailable`; `verification-in-progress` after `verifyTimeoutSeconds`, while the
 *   work goes on, so that a repeat gets there.
 */
export async function verifyUploads(
  context: Context,
  scope: GroupScope,
  files: readonly string[],
  found: FoundFiles,
  problems: FileProblems,
): Promise<VerifiedUploads> {
  const uploads = files.flatMap((file, index) => {
    const upload = found.get(file)?.upload;
    return upload && !problems.has(index) ? [{ index, upload }] : [];
  });
  const work = Promise.all(uploads.map(({ upload }) => verifyOne(context, scope, upload)));
  const results = await storageCall(() => withinTime(work, context.settings.verifyTimeoutSeconds));

  const verified = new Map<string, VerifiedUpload>();
  const rejected: RejectedUpload[] = [];
  for (const [place, { index, upload }] of uploads.entries()) {
    const result = results[place];
    if (result?.status === 'verified') {
      verified.set(upload.id, asVerified(upload, result));
    } else if (result?.status === 'rejected') {
      rejected.push({ id: upload.id, code: result.code, reason: result.reason });
      addProblem(problems, index, result.code, `${result.reason} Sign it anew and upload it again.`);
    } else {
      const message = 'Nothing is stored under this key yet. PUT the bytes to its upload_url, then complete again.';
      addProblem(problems, index, 'upload-missing', message);
    }
  }
  if (problems.size > 0 && verified.size + rejected.length > 0) {
    await keep(context, scope, [...verified.values()], rejected);
  }
  return verified;
}

/** What is known needs no reading. A large object took long to read: what was learned is kept at once. */
async function verifyOne(context: Context, scope: GroupScope, upload: UploadRow): Promise<Verification> {
  const { verified_checksum: checksum, verified_width: width, verified_height: height } = upload;
  if (checksum !== null) return { status: 'verified', checksum, width, height };
  const result = await context.verifier.verify(upload);
  if (result.status === 'verified' && upload.file_size > SMALL_OBJECT_BYTES) {
    await keep(context, scope, [asVerified(upload, result)], []);
  }
  return result;
}

function asVerified(upload: UploadRow, result: Verification & { status: 'verified' }): VerifiedUpload {
  return { id: upload.id, checksum: result.checksum, width: result.width, height: result.height };
}

async function keep(
  context: Context,
  { schema, annotation, groupId }: GroupScope,
  verified: readonly VerifiedUpload[],
  rejected: readonly RejectedUpload[],
): Promise<void> {
  await context.database.write(async (session) => {
    if (!(await lockGroup(session, schema, annotation, groupId))) throw groupNotFound();
    if (verified.length > 0) await keepVerified(session, schema, groupId, verified);
    if (rejected.length > 0) await keepRejected(session, schema, groupId, rejected);
  });
  if (rejected.length > 0) context.upkeep.drainSoon();
}

async function withinTime<T>(work: Promise<T>, seconds: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      work.catch(() => undefined); // nobody waits for it any more
      const message = 'Verifying takes longer than one answer may. It goes on: repeat the same call.';
      reject(new MaskUploadError('verification-in-progress', message, { retryAfterSeconds: 2 }));
    }, seconds * 1000);
  });
  try {
    return await Promise.race([work, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
