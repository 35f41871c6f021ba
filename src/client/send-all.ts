import { createCompleter } from './completer.js';
import { createLimiter, mapAhead } from './concurrency.js';
import { isMaskClientError, MaskClientError } from './errors.js';
import { allUploads, type FindKnown } from './known-files.js';
import { type PreparedFile, prepareFile } from './prepare-file.js';
import { sendFile } from './send-file.js';
import { fromPending, partsOf, type Sending } from './sending.js';
import { signFiles } from './sign-files.js';
import type { MaskFile } from './types.js';
import { sizeOf, type UploadRun } from './upload-run.js';

/** Files hashed and compressed at once, ahead of being signed; large ones one by one. */
const PREPARED_AHEAD = 4;
/** Signed together: at first few, so that bytes flow soon; later as many as go out well before their URLs expire. */
const FIRST_PAGE = 100;
const PAGE = 250;
/** A page ends sooner when it holds so much: what is large is sent while the next one is hashed. */
const PAGE_BYTES = 64 * 2 ** 20;
/** No page is signed while more than this waits to be sent. */
const BACKLOG = 100;
/** A file that arrived damaged, or whose upload is gone, is signed anew so often. */
const MAX_ANEW = 3;
const SIGN_ANEW = new Set(['upload-not-found', 'upload-rejected', 'size-mismatch', 'checksum-mismatch']);

/**
 * Every file, from hashing to being recorded, as a pipeline: while one page is hashed the one before is signed and sent,
 * and what has arrived is recorded. So ten thousand files take no more memory than a few hundred. Resolves when each is
 * recorded or has failed.
 */
export async function sendAll(run: UploadRun, findKnown: FindKnown): Promise<void> {
  const limit = createLimiter(run.concurrency);
  const completer = createCompleter(run, onProblem);
  const anew = new Map<number, number>();
  const backlog = createBacklog();

  async function start(page: readonly PreparedFile[]): Promise<void> {
    const toSign: PreparedFile[] = [];
    for (const prepared of page) {
      const found = findKnown(prepared);
      if (!found) toSign.push(prepared);
      else if ('mask' in found) run.ledger.done(prepared.index, found.mask);
      else if ('clash' in found) run.ledger.fail(prepared.index, clash());
      else {
        const sending = fromPending(prepared, found.upload);
        run.pending.add(sending.uploadId);
        if (found.upload.status === 'pending') carry(sending);
        else arrived(sending);
      }
    }
    await sign(toSign);
  }

  async function sign(files: readonly PreparedFile[]): Promise<void> {
    for (const sending of await signFiles(run, files)) carry(sending);
    completer.look();
  }

  function carry(sending: Sending): void {
    const { prepared } = sending;
    backlog.add(prepared);
    sendFile(run, sending, limit)
      .then(
        () => completer.add(sending),
        (error) => onFailure(sending, error),
      )
      .finally(() => backlog.remove(prepared));
  }

  function arrived(sending: Sending): void {
    run.progress.sent(sending.prepared.index, sending.prepared.body.size, false);
    run.progress.status(sending.prepared.index, 'uploaded');
    completer.add(sending);
  }

  /** It could not be sent. */
  function onFailure(sending: Sending, error: unknown): void {
    if (run.signal.aborted) return;
    if (!isMaskClientError(error)) run.stop(error);
    else if (SIGN_ANEW.has(error.code)) signAnew(sending, error);
    // the last answer may have been lost: the server knows
    else if (error.code === 'store-unreachable' && !run.health.down) completer.add({ ...sending, doubt: error });
    else if (error.code.startsWith('store-') || error.code === 'file-unreadable') fail(sending, error);
    else run.stop(error);
  }

  /** It could not be recorded. */
  function onProblem(sending: Sending, problem: MaskClientError): void {
    if (problem.code === 'upload-missing' && sending.doubt) fail(sending, sending.doubt);
    else if (problem.code === 'upload-missing' && sending.missed === 0) sendAgain(sending).catch(run.stop);
    else if (problem.code === 'upload-missing' || SIGN_ANEW.has(problem.code)) signAnew(sending, problem);
    else fail(sending, problem);
  }

  async function sendAgain(sending: Sending): Promise<void> {
    const parts = sending.parts && (await partsThere(run, sending));
    carry({ ...sending, parts, missed: sending.missed + 1 });
  }

  function signAnew(sending: Sending, problem: MaskClientError): void {
    const { index } = sending.prepared;
    const times = (anew.get(index) ?? 0) + 1;
    anew.set(index, times);
    run.pending.delete(sending.uploadId);
    if (times > MAX_ANEW) fail(sending, problem);
    else {
      run.progress.sent(index, 0);
      sign([sending.prepared]).catch(run.stop);
    }
  }

  function fail(sending: Sending, error: MaskClientError): void {
    run.ledger.fail(sending.prepared.index, error);
    completer.look();
  }

  for await (const page of pages(prepareAll(run))) {
    await backlog.room();
    await start(page);
  }
  completer.look();
  await run.ledger.settled;
}

/** In order; a file that cannot be read fails, and is left out. */
async function* prepareAll(run: UploadRun): AsyncGenerator<PreparedFile> {
  const { files, compress, signal, progress, ledger } = run;
  const weigh = ([, { data }]: [number, MaskFile]) => sizeOf(data);
  const prepared = mapAhead(
    files.entries(),
    { ahead: PREPARED_AHEAD, weigh, most: PAGE_BYTES },
    async ([index, file]) => {
      progress.status(index, 'preparing');
      try {
        return await prepareFile(file, index, { compress, signal });
      } catch (error) {
        if (!isMaskClientError(error) || error.code === 'aborted') throw error;
        ledger.fail(index, error);
        return undefined;
      }
    },
  );
  for await (const one of prepared) {
    if (!one) continue;
    progress.total(one.index, one.body.size);
    yield one;
  }
}

async function* pages(files: AsyncIterable<PreparedFile>): AsyncGenerator<PreparedFile[]> {
  let most = FIRST_PAGE;
  let page: PreparedFile[] = [];
  let bytes = 0;
  for await (const file of files) {
    page.push(file);
    bytes += file.body.size;
    if (page.length < most && bytes < PAGE_BYTES) continue;
    yield page;
    most = PAGE;
    page = [];
    bytes = 0;
  }
  if (page.length > 0) yield page;
}

/** Files on their way to the store, and the bytes of those that are kept in memory for it. */
function createBacklog() {
  let files = 0;
  let bytes = 0;
  let wake: () => void = () => undefined;
  const count = (file: PreparedFile, by: 1 | -1) => {
    files += by;
    if (file.compressed) bytes += by * file.body.size;
  };
  return {
    add: (file: PreparedFile) => count(file, 1),
    remove(file: PreparedFile) {
      count(file, -1);
      wake();
    },
    async room(): Promise<void> {
      while (files > BACKLOG || bytes > PAGE_BYTES) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
  };
}

/** The parts that the store has; none where the upload is not pending any more, which completing it will tell. */
async function partsThere(run: UploadRun, { uploadId }: Sending): Promise<Sending['parts']> {
  for await (const upload of allUploads(run)) if (upload.upload_id === uploadId) return partsOf(upload);
  return undefined;
}

function clash(): MaskClientError {
  return new MaskClientError('slice-exists', 'The group holds another mask of this slice and label; pass replace.');
}
