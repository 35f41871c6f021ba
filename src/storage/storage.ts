import type { Readable } from 'node:stream';
import type { ObjectKey, Sha256Hex } from '../domain/types.js';

/** A request that anyone holding it may make until `expiresAt`. Send `headers` exactly; never log `url`. */
export interface SignedRequest {
  method: 'PUT' | 'GET' | 'HEAD';
  url: string;
  /** Never holds Content-Length or Host: HTTP clients set these themselves. */
  headers: Record<string, string>;
  expiresAt: Date;
}

/** What a signed PUT is bound to. The store refuses any other type, length, encoding or (where given) bytes. */
export interface UploadConditions {
  contentType: string;
  /** Bytes, ≥ 1. */
  contentLength: number;
  contentEncoding?: 'gzip' | undefined;
  sha256?: Sha256Hex | undefined;
  /** 1 to 604,800. Cut short when the credentials that sign die earlier. */
  ttlSeconds: number;
}

export interface DownloadConditions {
  ttlSeconds: number;
  method?: 'GET' | 'HEAD' | undefined;
  /** Content-Type of the answer. */
  contentType: string;
  /** Generated file name for Content-Disposition: plain ASCII, never a client's. */
  fileName: string;
  /** Content-Encoding of the stored bytes. Stores that keep it with the object (S3) answer with their own. */
  contentEncoding?: 'gzip' | undefined;
}

export interface ObjectInfo {
  /** Bytes as stored (before any content decoding). */
  size: number;
  contentType: string | undefined;
  /** SHA-256 of the whole object as attested by the store; a composite (multipart) checksum is `undefined`. */
  sha256: Sha256Hex | undefined;
}

export interface ListedObject {
  key: string;
  size: number;
  lastModified: Date;
}

export interface DeleteFailure {
  key: string;
  error: StorageError;
}

export interface CheckFinding {
  /** What was tried: reach, write, read, delete, length, checksum, content-type, write-once, versioning. */
  name: string;
  ok: boolean;
  /** A sentence an operator can act on. */
  message: string;
}

export interface StorageCheck {
  /** True when every finding is ok. */
  ok: boolean;
  findings: CheckFinding[];
}

/**
 * An object store. Every backend gives the same guarantees and runs the same contract suite
 * (`pacs-mask-upload/storage-contract`). All methods reject with a {@link StorageError}.
 */
export interface Storage {
  /** For messages and telemetry: `s3`, `filesystem`, … */
  readonly provider: string;
  /** Signs a write-once PUT (`If-None-Match: *`) of one object. Touches neither network nor disk. */
  signUpload(key: ObjectKey, conditions: UploadConditions): Promise<SignedRequest>;
  /** Signs a GET or HEAD. Two calls within half a `ttlSeconds` window give the same URL, so that caches hit. */
  signDownload(key: ObjectKey, conditions: DownloadConditions): Promise<SignedRequest>;
  head(key: ObjectKey, options?: { signal?: AbortSignal | undefined }): Promise<ObjectInfo>;
  /** The stored bytes, undecoded. `range` is inclusive, as in HTTP. Destroy `body` when done early. */
  read(
    key: ObjectKey,
    options?: { range?: { start: number; end: number } | undefined; signal?: AbortSignal | undefined },
  ): Promise<{ info: ObjectInfo; body: Readable }>;
  /** Deletes many keys; a key that is not there is fine. Resolves to the ones that could not be deleted. */
  delete(keys: readonly ObjectKey[]): Promise<DeleteFailure[]>;
  /** Every object under the prefix, in any order, in constant memory. */
  list(prefix: string): AsyncIterable<ListedObject>;
  /** Tries it all with a throw-away object and says in words what does and does not hold. Never rejects. */
  check(): Promise<StorageCheck>;
}

const BRAND = Symbol.for('pacs-mask-upload.storage-error');

/** `no-such-key`: no such object. `access-denied`: the store refused our credentials. `unavailable`: anything else. */
export type StorageErrorCode = 'no-such-key' | 'access-denied' | 'unavailable';

/** Messages never hold a URL or a credential. */
export class StorageError extends Error {
  readonly [BRAND] = true;
  constructor(
    readonly code: StorageErrorCode,
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
    this.name = 'StorageError';
  }
}

export function isStorageError(error: unknown): error is StorageError {
  return typeof error === 'object' && error !== null && (error as Record<symbol, unknown>)[BRAND] === true;
}
