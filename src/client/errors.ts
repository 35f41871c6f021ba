import type { components } from './openapi-types.js';
import type { Mask } from './types.js';

/** One thing that is wrong with a request; `path` is a JSON pointer into its body, for files `/files/3/…`. */
export type FieldError = components['schemas']['FieldError'];

/** The codes of the API (see its table of errors), and what can go wrong on the way to it. */
export type MaskClientErrorCode =
  | FieldError['code']
  /** No usable answer of the API: offline, a proxy's error page, a time-out. */
  | 'network-error'
  /** `signal` was aborted. The error's `name` is `AbortError`. */
  | 'aborted'
  /** Some files were not recorded: see `failures`. All others are. */
  | 'upload-incomplete'
  /** No answer of the store, or none but 5xx and 429, however often it was asked. */
  | 'store-unreachable'
  /** The store refuses the request, also with a fresh URL. */
  | 'store-refused'
  /** The file cannot be read any more, or has changed since it was hashed. */
  | 'file-unreadable'
  /** What was downloaded is not what was recorded. */
  | 'download-corrupt'
  /** `headers` or `onProgress` threw, or this client has a fault: see `cause`. */
  | 'unexpected';

export interface UploadFailure {
  /** The file's place in `files`. */
  index: number;
  code: MaskClientErrorCode;
  message: string;
  /** Whether the same file may well succeed later. */
  retryable: boolean;
}

interface Details {
  status?: number;
  retryable?: boolean;
  errors?: readonly FieldError[];
  retryAfterSeconds?: number;
  cause?: unknown;
}

const BRAND = Symbol.for('pacs-mask-upload.client-error');

/**
 * The one error of this client. Decide by `code`; `retryable` says whether the same call may well succeed later. It
 * never holds a signed URL, a token or a file name.
 */
export class MaskClientError extends Error {
  readonly code: MaskClientErrorCode;
  /** HTTP status, where there was an answer. */
  readonly status: number | undefined;
  readonly retryable: boolean;
  /** What the API said of single fields or files. */
  readonly errors: readonly FieldError[];
  readonly retryAfterSeconds: number | undefined;
  /** Of `uploadMasks`, as soon as there is a group: pass it to go on. */
  groupId: number | undefined;
  /** Of `uploadMasks`: what was recorded, in the order of `files`; undefined where a file was not. */
  declare masks: readonly (Mask | undefined)[] | undefined;
  /** Of `upload-incomplete`: the files that were not recorded. */
  failures: readonly UploadFailure[] | undefined;
  readonly [BRAND] = true;

  constructor(code: MaskClientErrorCode, message: string, details: Details = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = code === 'aborted' ? 'AbortError' : 'MaskClientError';
    this.code = code;
    this.status = details.status;
    this.retryable = details.retryable ?? false;
    this.errors = details.errors ?? [];
    this.retryAfterSeconds = details.retryAfterSeconds;
    // a thousand masks are not for a log
    Object.defineProperty(this, 'masks', { enumerable: false, writable: true, value: undefined });
  }
}

/** Recognises one also when it comes out of another copy of this module. */
export function isMaskClientError(error: unknown): error is MaskClientError {
  return typeof error === 'object' && error !== null && (error as Record<symbol, unknown>)[BRAND] === true;
}

export function aborted(): MaskClientError {
  return new MaskClientError('aborted', 'Aborted. What was recorded stays; go on with groupId.', { retryable: true });
}

/** For what cannot be: our own errors as they are, anything else as the cause of one. */
export function asClientError(error: unknown): MaskClientError {
  if (isMaskClientError(error)) return error;
  return new MaskClientError('unexpected', 'Something unexpected went wrong in the client: see cause.', {
    cause: error,
  });
}
