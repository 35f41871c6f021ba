import { pause } from './deadline.js';
import { isMaskClientError, MaskClientError } from './errors.js';
import type { components } from './openapi-types.js';
import { repeat } from './repeat.js';
import type { Sending } from './sending.js';
import { isTooLong, problemsOf } from './sign-files.js';
import type { UploadRun } from './upload-run.js';

type Completion = components['schemas']['Completion'];

const MAX_PAGE = 1000;
/** Worth a call while others are still on their way. */
const WORTH_A_CALL = 200;
/** What waits so long is recorded, however little it is: a crash then costs less. */
const LONGEST_WAIT_MS = 2000;
/** For the server to verify what was uploaded: it keeps what is done and answers in between. */
const VERIFICATION_MS = 3_600_000;

export interface Completer {
  /** The store has it, or perhaps has it: let the server look. */
  add(sending: Sending): void;
  /** To be called whenever a file is settled or comes back. */
  look(): void;
}

/**
 * Has uploaded files recorded, page by page, one call at a time (they all lock the group). A file that the server does
 * not take goes to `onProblem`; the rest of its page is asked for again without it.
 */
export function createCompleter(
  run: UploadRun,
  onProblem: (sending: Sending, problem: MaskClientError) => void,
): Completer {
  const ready: Sending[] = [];
  let completing = 0;
  let page = MAX_PAGE;
  let overdue = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  run.signal.addEventListener('abort', () => clearTimeout(timer));

  function look(): void {
    if (completing > 0 || ready.length === 0 || run.signal.aborted) return;
    const othersComing = run.ledger.open() > ready.length;
    if (othersComing && !overdue && ready.length < WORTH_A_CALL) {
      timer ??= setTimeout(() => {
        timer = undefined;
        overdue = true;
        look();
      }, LONGEST_WAIT_MS);
      return;
    }
    clearTimeout(timer);
    timer = undefined;
    overdue = false;
    if (!othersComing) run.progress.enter('completing');
    void record(ready.splice(0, page));
  }

  async function record(files: readonly Sending[]): Promise<void> {
    completing = files.length;
    try {
      const { masks } = await complete(run, files);
      for (const [index, { prepared, uploadId }] of files.entries()) {
        const mask = masks[index];
        if (!mask) throw new MaskClientError('network-error', 'The server recorded fewer files than were completed.');
        run.pending.delete(uploadId);
        run.ledger.done(prepared.index, mask);
      }
    } catch (error) {
      putBack(files, error);
    }
    completing = 0;
    look();
  }

  function putBack(files: readonly Sending[], error: unknown): void {
    if (run.signal.aborted) return;
    const problems = isMaskClientError(error) ? problemsOf(error, 'uploaded_files') : new Map();
    if (problems.size > 0) {
      ready.unshift(...files.filter((_, index) => !problems.has(index)));
      for (const [index, sending] of files.entries()) {
        const problem = problems.get(index);
        if (problem) onProblem(sending, problem);
      }
    } else if (isMaskClientError(error) && isTooLong(error) && files.length > 1) {
      page = Math.ceil(files.length / 2);
      ready.unshift(...files);
    } else run.stop(error);
  }

  return {
    add(sending) {
      ready.push(sending);
      look();
    },
    look,
  };
}

/** Safe to repeat: the answer to what is recorded already is the same masks. */
async function complete(run: UploadRun, files: readonly Sending[]): Promise<Completion> {
  const { client, annotationId, groupId, replace, signal } = run;
  const body = { uploaded_files: files.map(({ uploadId }) => uploadId), ...(replace && { replace }) };
  const until = performance.now() + VERIFICATION_MS;
  for (;;) {
    try {
      return await repeat(
        () => client.completeUpload({ annotation_id: annotationId, group_id: groupId, body, signal }),
        signal,
      );
    } catch (error) {
      const verifying = isMaskClientError(error) && error.code === 'verification-in-progress';
      if (!verifying || performance.now() > until) throw error;
      await pause((error.retryAfterSeconds ?? 2) * 1000, signal);
    }
  }
}
