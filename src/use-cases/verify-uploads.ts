import { setMaxListeners } from 'node:events';
import { inSpan } from '../observability/telemetry.js';
import type { VerifiedUpload } from '../repositories/uploads.js';
import { addProblem, type FileProblems, type FoundFiles, findFiles, problemOf } from './completed-files.js';
import type { Context, GroupScope } from './context.js';
import { keepOutcomes, type Outcome, verifiedOnes } from './keep-outcomes.js';
import { storageCall } from './storage-call.js';
import { verificationInProgress, verifyUpload } from './verify-upload.js';

export type VerifiedUploads = ReadonlyMap<string, VerifiedUpload>;

/** A pending upload among the files of a request, and its place there. */
interface Place extends Outcome {
  index: number;
}

/**
 * Verifies the objects of all pending uploads among the files and adds what is wrong to `problems`. Unless all is well,
 * what was learned is kept on the pending rows, so that a repeat does not read those objects again.
 *
 * @returns the verified ones by upload id.
 * @throws MaskUploadError `storage-unavailable`; `verification-in-progress` after `verifyTimeoutSeconds`; the reason of
 *   `scope.signal`. Large objects that are being read then are read to their end: a proxy that gives up waiting looks
 *   like a client that leaves, and the next call finds the result.
 */
export async function verifyUploads(
  context: Context,
  scope: GroupScope,
  files: readonly string[],
  found: FoundFiles,
  problems: FileProblems,
): Promise<VerifiedUploads> {
  const places = files.flatMap((file, index): Place[] => {
    const upload = found.get(file)?.upload;
    return upload && !problems.has(index) ? [{ index, upload, result: undefined }] : [];
  });
  await verifyInTime(context, scope, places);

  for (const { index, result } of places) {
    if (result?.status !== 'rejected') continue;
    addProblem(problems, index, result.code, `${result.reason} Sign it anew and upload it again.`);
  }
  const absent = places.filter(({ result }) => result?.status === 'missing' || result?.status === 'gone');
  await explainAbsent(context, scope, files, absent, problems);
  if (problems.size > 0) await keepOutcomes(context, scope, places);
  return new Map(verifiedOnes(places).map((verified) => [verified.id, verified]));
}

/** Fills in the results, in whatever order they come. */
async function verifyInTime(context: Context, scope: GroupScope, places: Place[]): Promise<void> {
  const left = new AbortController();
  setMaxListeners(0, left.signal);
  const verifyOne = async (place: Place) => {
    place.result = await verifyUpload(context, scope, place.upload, left.signal);
    // too late for this answer, but not for the next
    if (left.signal.aborted) await keepOutcomes(context, scope, [place]);
  };
  try {
    const work = Promise.all(places.map(verifyOne));
    await inSpan('verify', { files: places.length }, () =>
      storageCall(() => withinTime(work, context.settings.verifyTimeoutSeconds, scope.signal)),
    );
  } catch (error) {
    left.abort();
    // keeping is a favour to the next call: that it fails is no news to this one
    await keepOutcomes(context, scope, places).catch(() => undefined);
    throw error;
  }
}

async function withinTime(work: Promise<unknown>, seconds: number, signal: AbortSignal | undefined): Promise<void> {
  signal?.throwIfAborted();
  let timer: NodeJS.Timeout | undefined;
  let leave = () => {};
  const givenUp = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(verificationInProgress()), seconds * 1000);
    leave = () => reject(signal?.reason);
    signal?.addEventListener('abort', leave);
  });
  try {
    await Promise.race([work, givenUp]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', leave);
  }
}

/**
 * An object that is not there was not uploaded yet, or has gone with its row. A row that is gone was given up, or
 * recorded by a faster twin of this call: then it is a mask, and no problem.
 */
async function explainAbsent(
  context: Context,
  scope: GroupScope,
  files: readonly string[],
  absent: readonly Place[],
  problems: FileProblems,
): Promise<void> {
  if (absent.length === 0) return;
  const named = absent.map(({ index }) => files[index] ?? '');
  const found = await context.database.read((session) => findFiles(session, scope, named, 'no lock'));
  for (const { index, result } of absent) {
    const hit = found.get(files[index] ?? '');
    const problem = problemOf(hit);
    if (problem) addProblem(problems, index, problem.code, problem.message);
    else if (hit?.upload) addProblem(problems, index, 'upload-missing', whatIsMissing(result));
  }
}

function whatIsMissing(result: Outcome['result']): string {
  const parts = result?.status === 'missing' ? result.missingParts : undefined;
  if (!parts) return 'Nothing is stored under this key yet. PUT the bytes to its upload_url, then complete again.';
  const { missing, of } = parts;
  return (
    `${missing} of its ${of} parts ${missing === 1 ? 'is' : 'are'} missing: the list of pending uploads says which ones ` +
    'are there. Sign and PUT the others, then complete again.'
  );
}
