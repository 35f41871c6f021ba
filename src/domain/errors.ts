/** Every `code` the API answers with, its HTTP status and its title (RFC 9457). The one table of errors. */
export const ERROR_CODES = {
  'invalid-request': { status: 400, title: 'Invalid request' },
  'unsafe-name': { status: 400, title: 'Name may identify a person' },
  'unsupported-mime-type': { status: 400, title: 'Unsupported MIME type' },
  'invalid-cursor': { status: 400, title: 'Invalid cursor' },
  unauthenticated: { status: 401, title: 'Authentication required' },
  forbidden: { status: 403, title: 'Forbidden' },
  'annotation-not-found': { status: 404, title: 'Annotation not found' },
  'mask-group-not-found': { status: 404, title: 'Mask group not found' },
  'mask-not-found': { status: 404, title: 'Mask not found' },
  'upload-not-found': { status: 404, title: 'Upload not found' },
  'method-not-allowed': { status: 405, title: 'Method not allowed' },
  'request-timeout': { status: 408, title: 'Request timeout' },
  'upload-missing': { status: 409, title: 'Nothing was uploaded' },
  'upload-rejected': { status: 409, title: 'Upload was rejected' },
  'size-mismatch': { status: 409, title: 'Size mismatch' },
  'checksum-mismatch': { status: 409, title: 'Checksum mismatch' },
  'content-mismatch': { status: 409, title: 'Content mismatch' },
  'slice-exists': { status: 409, title: 'Slice exists' },
  'slice-uid-mismatch': { status: 409, title: 'Slice has another SOP Instance UID' },
  'slice-count-mismatch': { status: 409, title: 'Slice count mismatch' },
  'labels-mismatch': { status: 409, title: 'Labels mismatch' },
  'file-too-large': { status: 413, title: 'File too large' },
  'body-too-large': { status: 413, title: 'Body too large' },
  'unsupported-media-type': { status: 415, title: 'Unsupported media type' },
  'range-not-satisfiable': { status: 416, title: 'Range not satisfiable' },
  'internal-error': { status: 500, title: 'Internal error' },
  'storage-unavailable': { status: 503, title: 'Object storage unavailable' },
  'database-unavailable': { status: 503, title: 'Database unavailable' },
  'schema-mismatch': { status: 503, title: 'Database schema mismatch' },
  'verification-in-progress': { status: 503, title: 'Verification in progress' },
} as const;

export type ErrorCode = keyof typeof ERROR_CODES;

/** One thing that is wrong with a request. `path` is a JSON pointer (RFC 6901) into the request body. */
export interface FieldError {
  path: string;
  code: ErrorCode;
  message: string;
}

const BRAND = Symbol.for('pacs-mask-upload.error');

/**
 * An error the caller can act on: `code` says what happened, `message` what to do next. Neither repeats a refused
 * value. Recognise one with {@link isMaskUploadError}: the ESM and CJS builds do not share class identity.
 */
export class MaskUploadError extends Error {
  readonly code: ErrorCode;
  readonly status: number;
  readonly title: string;
  readonly errors: readonly FieldError[];
  /** Seconds after which a repeat makes sense; set on every 503. */
  readonly retryAfterSeconds: number | undefined;
  readonly [BRAND] = true;

  constructor(
    code: ErrorCode,
    message: string,
    details: { errors?: readonly FieldError[]; retryAfterSeconds?: number; cause?: unknown } = {},
  ) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'MaskUploadError';
    this.code = code;
    this.status = ERROR_CODES[code].status;
    this.title = ERROR_CODES[code].title;
    this.errors = details.errors ?? [];
    this.retryAfterSeconds = details.retryAfterSeconds ?? (this.status === 503 ? 5 : undefined);
  }
}

export function isMaskUploadError(error: unknown): error is MaskUploadError {
  return typeof error === 'object' && error !== null && (error as Record<symbol, unknown>)[BRAND] === true;
}

/** An error about one field of the request body. */
export function fieldError(code: ErrorCode, path: string, message: string): MaskUploadError {
  return new MaskUploadError(code, message, { errors: [{ path, code, message }] });
}

/** An error about several fields: status and code are those of the first. */
export function fieldErrors(errors: readonly [FieldError, ...FieldError[]]): MaskUploadError {
  return new MaskUploadError(errors[0].code, errors[0].message, { errors });
}
