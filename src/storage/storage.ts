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

/** How an object that is uploaded in parts will be stored. Its length and bytes are those of its parts. */
export interface MultipartConditions {
  contentType: string;
  contentEncoding?: 'gzip' | undefined;
}

/** What the signed PUT of one part is bound to. */
export interface PartConditions {
  /** The unfinished upload, as `startMultipart` named it. */
  id: string;
  /** 1 to 10,000. */
  partNumber: number;
  /** Bytes, ≥ 1. S3 wants 5 MiB or more, of every part but the last. */
  contentLength: number;
  /** 1 to 604,800. */
  ttlSeconds: number;
}

/** A part as the store has it. Only the store knows what the tag says; it wants it back to complete the upload. */
export interface StoredPart {
  partNumber: number;
  size: number;
  tag: string;
}

export interface ListedMultipart {
  key: string;
  id: string;
  startedAt: Date;
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
  /** What was tried: reach, write, read, delete, list, length, checksum, content-type, write-once, multipart, versioning. */
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
  /**
   * Starts an upload in parts and names it. The object appears when the upload is completed, never before; until it is
   * completed or aborted the store keeps its parts. Any number may be started for one key: the first completed one wins.
   */
  startMultipart(key: ObjectKey, conditions: MultipartConditions): Promise<string>;
  /** Signs the PUT of one part; sent again, a part replaces itself. Touches neither network nor disk. */
  signPart(key: ObjectKey, conditions: PartConditions): Promise<SignedRequest>;
  /** The parts received so far, ascending. Rejects with `no-such-upload` when it was completed, aborted or never was. */
  listParts(key: ObjectKey, id: string, options?: { signal?: AbortSignal | undefined }): Promise<StoredPart[]>;
  /**
   * Makes the object of these parts, as `listParts` gave them. Objects are write-once: one that is there stays as it is,
   * and this resolves all the same. Rejects with `no-such-upload` when it was aborted; after an earlier call that succeeded
   * it does either. Look at the object then. May take minutes.
   */
  completeMultipart(
    key: ObjectKey,
    id: string,
    parts: readonly StoredPart[],
    options?: { signal?: AbortSignal | undefined },
  ): Promise<void>;
  /** Ends unfinished uploads of exactly this key, all of them or the one named, with their parts. None is fine. */
  abortMultipart(key: ObjectKey, id?: string): Promise<void>;
  /** Every unfinished upload of a key under the prefix, in any order, in constant memory. */
  listMultiparts(prefix: string): AsyncIterable<ListedMultipart>;
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

/**
 * `no-such-key`: no such object. `no-such-upload`: no such unfinished upload in parts. `access-denied`: the store refused
 * our credentials. `unsupported`: the store does not do such a thing at all. `unavailable`: anything else.
 */
export type StorageErrorCode = 'no-such-key' | 'no-such-upload' | 'access-denied' | 'unsupported' | 'unavailable';

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
