import {
  type FileProgress,
  isMaskClientError,
  type MaskClientError,
  type UploadProgress,
  uploadMasks,
} from '../pacs-mask-upload-client.js';
import type { SliceFile } from './mask-set.js';
import { forgetUpload, rememberUpload } from './remembered.js';
import { connection } from './users.js';

/** One upload into one group. It goes on while people look at something else. */
export interface Upload {
  readonly annotationId: number;
  readonly groupId: number;
  readonly files: readonly SliceFile[];
  state: 'running' | 'done' | 'cancelled' | 'failed';
  progress: UploadProgress | undefined;
  /** By place in `files`; empty until something is known of a file. */
  readonly fileStates: (FileProgress | undefined)[];
  error: unknown;
  cancel(): void;
  /** Goes on with what is not recorded yet, after a cancel or a failure. */
  goOn(): void;
  /** Calls back on every change until told to stop. */
  watch(onChange: () => void): () => void;
}

/** A browser has six connections to a host. The demo's files may go to the page's own, which must still answer. */
const CONCURRENCY = 4;

const uploads = new Map<number, Upload>();

/** The upload into a group that this page knows of, also when it has ended. */
export function uploadOf(groupId: number): Upload | undefined {
  return uploads.get(groupId);
}

export function dismissUpload(groupId: number): void {
  uploads.delete(groupId);
}

export function isUploading(): boolean {
  return [...uploads.values()].some(({ state }) => state === 'running');
}

/** Starts one, as the present user. The files must be in the order in which they are to be recorded. */
export function startUpload(annotationId: number, groupId: number, files: readonly SliceFile[]): Upload {
  const watchers = new Set<() => void>();
  const changed = () => {
    for (const watcher of [...watchers]) watcher();
  };
  let abort = new AbortController();

  const upload: Upload = {
    annotationId,
    groupId,
    files,
    state: 'running',
    progress: undefined,
    fileStates: files.map(() => undefined),
    error: undefined,
    cancel: () => abort.abort(),
    goOn() {
      abort = new AbortController();
      Object.assign(upload, { state: 'running', error: undefined, progress: undefined });
      void run();
    },
    watch(onChange) {
      watchers.add(onChange);
      return () => watchers.delete(onChange);
    },
  };

  async function run(): Promise<void> {
    changed();
    try {
      await uploadMasks({
        ...connection(),
        annotationId,
        groupId,
        files,
        concurrency: CONCURRENCY,
        signal: abort.signal,
        onProgress(progress) {
          upload.progress = progress;
          if (progress.file) upload.fileStates[progress.file.index] = progress.file;
          changed();
        },
      });
      upload.state = 'done';
      forgetUpload(groupId);
    } catch (error) {
      upload.state = isAborted(error) ? 'cancelled' : 'failed';
      upload.error = error;
    }
    changed();
  }

  rememberUpload(groupId, files);
  uploads.set(groupId, upload);
  void run();
  return upload;
}

function isAborted(error: unknown): error is MaskClientError {
  return isMaskClientError(error) && error.code === 'aborted';
}
