import { isMaskClientError, MaskClientError } from './errors.js';
import type { PreparedFile } from './prepare-file.js';
import { repeat } from './repeat.js';
import { fromSigned, type Sending } from './sending.js';
import type { UploadRun } from './upload-run.js';

/**
 * Signs files in as few calls as the server takes. A file that it refuses fails; the others are asked for again without
 * it. A page that is too long, for the router or for a parser of the host ahead of it, is halved.
 */
export async function signFiles(run: UploadRun, files: readonly PreparedFile[]): Promise<Sending[]> {
  if (files.length === 0) return [];
  const { client, annotationId, groupId, signal } = run;
  const body = { files: files.map(({ file }) => file) };
  try {
    const { uploads } = await repeat(
      () => client.signUploads({ annotation_id: annotationId, group_id: groupId, body, signal }),
      signal,
    );
    return files.flatMap((prepared, index) => {
      const upload = uploads[index];
      if (!upload) throw new MaskClientError('network-error', 'The server signed fewer files than were asked for.');
      run.pending.add(upload.upload_id);
      return [fromSigned(prepared, upload)];
    });
  } catch (error) {
    if (!isMaskClientError(error)) throw error;
    const refused = problemsOf(error, 'files');
    if (refused.size > 0) {
      const rest = files.filter((prepared, index) => {
        const problem = refused.get(index);
        if (problem) run.ledger.fail(prepared.index, problem);
        return !problem;
      });
      return signFiles(run, rest);
    }
    if (!isTooLong(error) || files.length === 1) throw error;
    const half = Math.ceil(files.length / 2);
    return [...(await signFiles(run, files.slice(0, half))), ...(await signFiles(run, files.slice(half)))];
  }
}

/** What the API said of single items of a list in the body, by their place there. */
export function problemsOf(error: MaskClientError, list: 'files' | 'uploaded_files'): Map<number, MaskClientError> {
  const problems = new Map<number, MaskClientError>();
  for (const { path, code, message } of error.errors) {
    const [, name, index] = path.split('/');
    if (name !== list || index === undefined || !/^\d+$/.test(index) || problems.has(Number(index))) continue;
    const status = error.status === undefined ? {} : { status: error.status };
    problems.set(Number(index), new MaskClientError(code, message, status));
  }
  return problems;
}

/** For the body's length, or for the number of items that the host allows in one call. */
export function isTooLong(error: MaskClientError): boolean {
  return error.status === 413 || (error.status === 400 && error.errors.some(({ path }) => /^\/\w*files$/.test(path)));
}
