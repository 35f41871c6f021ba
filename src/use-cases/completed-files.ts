import { type ErrorCode, type FieldError, fieldError, fieldErrors } from '../domain/errors.js';
import { isUuid } from '../domain/object-key.js';
import type { ObjectKey } from '../domain/types.js';
import type { Session } from '../repositories/database.js';
import { findMasksByFile, type MaskRow } from '../repositories/masks.js';
import { findUploads, type UploadRow } from '../repositories/uploads.js';
import type { GroupScope } from './context.js';

/** What a file of the request turned out to be. One that is neither is not in the map. */
export type FoundFile = { mask: MaskRow; upload?: undefined } | { upload: UploadRow; mask?: undefined };
export type FoundFiles = ReadonlyMap<string, FoundFile>;

/** The key of what a file turned out to be. */
export function keyOf(found: FoundFile | undefined): ObjectKey | undefined {
  return found?.mask?.file_path ?? found?.upload?.file_path;
}

/** What is wrong with the files of a request, by their place in it. */
export type FileProblems = Map<number, FieldError>;

export function addProblem(problems: FileProblems, index: number, code: ErrorCode, message: string): void {
  if (!problems.has(index)) problems.set(index, { path: `/uploaded_files/${index}`, code, message });
}

/** Throws when there are problems: status and code are those of the first failing file. */
export function throwProblems(problems: FileProblems): void {
  const [first, ...rest] = [...problems].sort(([a], [b]) => a - b).map(([, problem]) => problem);
  if (first) throw fieldErrors([first, ...rest]);
}

/** @throws MaskUploadError `invalid-request` when a file is named twice or there are too many. */
export function refuseRepeats(files: readonly string[], maxBatch: number): void {
  if (files.length > maxBatch) {
    const message = `uploaded_files must have at most ${maxBatch} items; complete the rest in another call`;
    throw fieldError('invalid-request', '/uploaded_files', message);
  }
  throwProblems(repeats(files));
}

function repeats(names: readonly (string | undefined)[]): FileProblems {
  const problems: FileProblems = new Map();
  const seen = new Map<string, number>();
  for (const [index, name] of names.entries()) {
    if (name === undefined) continue;
    const earlier = seen.get(name);
    if (earlier === undefined) seen.set(name, index);
    else addProblem(problems, index, 'invalid-request', `Names the same file as item ${earlier}; name each file once.`);
  }
  return problems;
}

/** Looks the files up, by key or by upload id, within the group only. `lock` takes the rows of pending uploads. */
export async function findFiles(
  session: Session,
  { schema, groupId }: GroupScope,
  files: readonly string[],
  lock: 'lock' | 'no lock',
): Promise<FoundFiles> {
  const byName = new Map<string, FoundFile>();
  const missing = () => {
    const rest = files.filter((file) => !byName.has(file));
    // a text that PostgreSQL cannot hold is no key of ours
    return [rest.filter((file) => !isUuid(file) && !file.includes('\0')), rest.filter(isUuid)] as const;
  };
  for (const upload of await findUploads(session, schema, groupId, ...missing(), lock)) {
    byName.set(upload.id, { upload }).set(upload.file_path, { upload });
  }
  const [keys, ids] = missing();
  if (keys.length + ids.length > 0) {
    for (const mask of await findMasksByFile(session, schema, groupId, keys, ids)) {
      byName.set(uploadIdOf(mask), { mask }).set(mask.file_path, { mask });
    }
  }

  const found = new Map(
    files.flatMap((file) => {
      const hit = byName.get(file);
      return hit ? [[file, hit] as const] : [];
    }),
  );
  // the same file may have been named once by its key and once by its id
  throwProblems(repeats(files.map((file) => keyOf(found.get(file)))));
  return found;
}

/** `{prefix}/{installation}/{group_id}/{upload_id}.{ext}`; nothing useful for adopted keys of another shape. */
function uploadIdOf({ file_path }: MaskRow): string {
  return file_path.slice(file_path.lastIndexOf('/') + 1).split('.')[0] ?? '';
}

/** What the rows alone already tell: files that are not there, or were rejected before. */
export function knownProblems(files: readonly string[], found: FoundFiles): FileProblems {
  const problems: FileProblems = new Map();
  for (const [index, file] of files.entries()) {
    const problem = problemOf(found.get(file));
    if (problem) addProblem(problems, index, problem.code, problem.message);
  }
  return problems;
}

/** What is wrong with a file that was looked up, by its row alone. */
export function problemOf(hit: FoundFile | undefined): { code: ErrorCode; message: string } | undefined {
  if (!hit) {
    const message =
      'No such upload in this group: never signed here, expired, given up, deleted or replaced. Sign it anew.';
    return { code: 'upload-not-found', message };
  }
  const code = hit.upload?.rejected_code;
  return code ? { code, message: hit.upload?.rejected_reason ?? 'The upload was rejected.' } : undefined;
}
