import { createMaskClient, type MaskClient } from './api.js';
import { checkLimits, isData, wrong } from './check-options.js';
import { manyListeners } from './deadline.js';
import { aborted, asClientError, MaskClientError } from './errors.js';
import { createLedger, type Ledger } from './ledger.js';
import type { StoreHealth } from './persistent-put.js';
import { createProgress, type Progress } from './progress.js';
import type { MaskFile, UploadOptions } from './types.js';

/** What the steps of one upload share. */
export interface UploadRun {
  client: MaskClient;
  files: readonly MaskFile[];
  annotationId: string | number;
  groupId: number;
  compress: boolean;
  replace: boolean;
  concurrency: number;
  idleTimeoutMs: number;
  storeFetch: typeof fetch | undefined;
  progress: Progress;
  ledger: Ledger;
  health: StoreHealth;
  /** Uploads that the server waits for. */
  pending: Set<string>;
  /** Aborted when the upload is over, for whatever reason. */
  signal: AbortSignal;
  /** Ends the upload: nothing of it can succeed any more. */
  stop(error: unknown): void;
  /** Rejects when the upload is stopped. */
  stopped: Promise<never>;
  /** Lets go of everything; of no effect when it is over already. */
  close(): void;
}

const DEFAULT_CONCURRENCY = 8;
const DEFAULT_IDLE_TIMEOUT_MS = 60_000;

export function openRun(options: UploadOptions): UploadRun {
  checkOptions(options);
  const controller = new AbortController();
  manyListeners(controller.signal);
  let reject: (error: MaskClientError) => void = () => undefined;
  const stopped = new Promise<never>((_, rejectIt) => {
    reject = rejectIt;
  });
  stopped.catch(() => undefined); // it may be over before anybody waits for it
  const stop = (error: unknown) => {
    reject(asClientError(error));
    controller.abort();
  };
  const onAbort = () => stop(aborted());
  options.signal?.addEventListener('abort', onAbort);
  if (options.signal?.aborted) onAbort();

  const { onProgress } = options;
  const progress = createProgress(
    options.files.map(({ data }) => sizeOf(data)),
    onProgress &&
      ((told) => {
        try {
          onProgress(told);
        } catch (error) {
          stop(new MaskClientError('unexpected', 'onProgress threw.', { cause: error }));
        }
      }),
  );
  return {
    client: createMaskClient(options),
    files: options.files,
    annotationId: options.annotationId,
    groupId: options.groupId ?? 0,
    compress: options.compress === true || options.compress === 'auto',
    replace: options.replace ?? false,
    concurrency: options.concurrency ?? DEFAULT_CONCURRENCY,
    idleTimeoutMs: options.idleTimeoutMs ?? DEFAULT_IDLE_TIMEOUT_MS,
    storeFetch: options.storeFetch,
    progress,
    ledger: createLedger(options.files.length, progress),
    health: { lastSuccessAt: Number.NEGATIVE_INFINITY, down: false },
    pending: new Set(),
    signal: controller.signal,
    stop,
    stopped,
    close() {
      options.signal?.removeEventListener('abort', onAbort);
      controller.abort();
    },
  };
}

function checkOptions(options: UploadOptions): void {
  const { files, group, groupId } = options;
  checkLimits(options);
  if ((group === undefined) === (groupId === undefined)) throw wrong('Pass exactly one of group and groupId.');
  if (!Array.isArray(files) || files.length === 0) throw wrong('There are no files to upload.');
  const seen = new Map<string, number>();
  for (const [index, file] of files.entries()) {
    if (!isData(file?.data)) throw wrongFile(index, 'has data that is neither a Blob nor a Uint8Array');
    const slot = slotOf(file);
    const earlier = slot === undefined ? undefined : seen.get(slot);
    if (earlier !== undefined) throw wrongFile(index, `has the same slice and label as file ${earlier}`);
    if (slot !== undefined) seen.set(slot, index);
  }
}

function wrongFile(index: number, message: string): MaskClientError {
  const errors = [{ path: `/files/${index}`, code: 'invalid-request' as const, message }];
  return new MaskClientError('invalid-request', `File ${index} ${message}.`, { errors });
}

export function sizeOf(data: MaskFile['data']): number {
  return data instanceof Uint8Array ? data.byteLength : data.size;
}

interface Slotted {
  slice_index?: number | null | undefined;
  sop_instance_uid?: string | null | undefined;
  label_name?: string | null | undefined;
}

/** What a group holds at most once, as the server sees it; undefined for a volume, which it may hold any number of. */
export function slotOf({ slice_index, sop_instance_uid, label_name }: Slotted): string | undefined {
  const slice = slice_index ?? sop_instance_uid;
  return slice === undefined || slice === null ? undefined : `${slice}\n${labelOf(label_name)}`;
}

/** As the server keeps it. */
export function labelOf(label_name: string | null | undefined): string {
  return label_name?.normalize('NFC').trim() ?? '';
}
