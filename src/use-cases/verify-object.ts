import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { inspectContent } from '../domain/content.js';
import type { ErrorCode } from '../domain/errors.js';
import type { MimeType } from '../domain/mime-types.js';
import type { Sha256Hex } from '../domain/types.js';
import type { OnEvent, VerificationOutcome } from '../observability/events.js';
import type { UploadRow } from '../repositories/uploads.js';
import { isStorageError, type ObjectInfo, type Storage, StorageError } from '../storage/storage.js';
import { assemble, type MissingParts, missingOf, missingParts } from './assemble-upload.js';
import { createLimiter } from './concurrency.js';
import { isMultipart, type MultipartUpload } from './received-parts.js';

/** What is true of the object behind a pending upload. */
export type Verification =
  | { status: 'verified'; checksum: Sha256Hex; width: number | null; height: number | null }
  /** It is not what was promised, and never will be: objects are write-once. */
  | { status: 'rejected'; code: ErrorCode; reason: string }
  /** Nothing is there (yet), or not all of its parts are. */
  | MissingParts
  /** Not looked at: another process does that, or the caller has left. */
  | { status: 'undecided' };

/** Runs the reading of a whole large object, unless another process does that already: then `undecided`. */
export type ReadOnce = (read: (signal: AbortSignal) => Promise<Verification>) => Promise<Verification>;

export interface Verifier {
  /**
   * Establishes what the stored object is. Callers that ask for the same upload at the same time share one answer.
   *
   * @param signal aborted when the caller has left: what was not begun is then not begun.
   * @param readOnce is asked to run what takes long. What is small, or attested by the store, does not need it.
   * @throws StorageError when the store cannot say.
   */
  verify(upload: UploadRow, signal: AbortSignal, readOnce: ReadOnce): Promise<Verification>;
}

/** Up to here one GET tells everything; above it, an attested checksum may save reading the whole object. */
export const SMALL_OBJECT_BYTES = 8 * 2 ** 20;
const HEAD_BYTES = 64 * 2 ** 10;
const TAIL_BYTES = 64;

export function createVerifier(
  storage: Storage,
  settings: { verifyConcurrency: number; mimeTypes: ReadonlyMap<string, MimeType>; onEvent: OnEvent },
): Verifier {
  const limitSmall = createLimiter(settings.verifyConcurrency);
  // apart: reading a few of these takes minutes, for which a slice must not wait
  const limitLarge = createLimiter(Math.ceil(settings.verifyConcurrency / 4));
  const underWay = new Map<string, Promise<Verification>>();

  async function verify(upload: UploadRow, readOnce: ReadOnce): Promise<Verification> {
    const startedAt = performance.now();
    const tell = (outcome: VerificationOutcome) => {
      const durationMs = performance.now() - startedAt;
      settings.onEvent({ type: 'upload-verified', outcome, bytes: upload.file_size, durationMs });
    };
    try {
      const found = await look(upload, readOnce);
      if (found.status !== 'undecided') tell(found.status === 'rejected' ? found.code : found.status);
      return found;
    } catch (error) {
      if (isStorageError(error)) tell('unavailable');
      throw error;
    }
  }

  async function look(upload: UploadRow, readOnce: ReadOnce): Promise<Verification> {
    const type = settings.mimeTypes.get(upload.mime_type);
    if (!type) return rejected('content-mismatch', 'Its MIME type is no longer accepted here.');
    const judged = (read: ReadObject | Verification) => ('status' in read ? read : judge(upload, type, read));
    try {
      if (isMultipart(upload)) return await verifyParts(upload, readOnce, judged);
      if (upload.file_size <= SMALL_OBJECT_BYTES) return judged(await readWhole(storage, upload));
      const glimpse = await readAttested(storage, upload);
      return glimpse
        ? judged(glimpse)
        : await readOnce(async (signal) => judged(await readWhole(storage, upload, signal)));
    } catch (error) {
      if (isStorageError(error) && error.code === 'no-such-key') return nothingThere(upload);
      throw error;
    }
  }

  /** No store vouches for the whole of what was sent in parts: put together, it is read. */
  async function verifyParts(
    upload: MultipartUpload<UploadRow>,
    readOnce: ReadOnce,
    judged: (read: ReadObject | Verification) => Verification,
  ): Promise<Verification> {
    const missing = await missingParts(storage, upload);
    if (missing) return missing;
    return readOnce(
      async (signal) => (await assemble(storage, upload, signal)) ?? judged(await readWhole(storage, upload, signal)),
    );
  }

  function start(upload: UploadRow, signal: AbortSignal, readOnce: ReadOnce): Promise<Verification> {
    const limit = upload.file_size > SMALL_OBJECT_BYTES ? limitLarge : limitSmall;
    const started = limit(async () =>
      signal.aborted ? ({ status: 'undecided' } as const) : verify(upload, readOnce),
    ).finally(() => underWay.delete(upload.id));
    underWay.set(upload.id, started);
    return started;
  }

  return {
    async verify(upload, signal, readOnce) {
      const earlier = await underWay.get(upload.id);
      if (earlier?.status === 'verified' || earlier?.status === 'rejected') return earlier;
      // a look that began earlier may have come before the object; one that begins now has not
      return underWay.get(upload.id) ?? start(upload, signal, readOnce);
    },
  };
}

function nothingThere(upload: UploadRow): Verification {
  return isMultipart(upload) ? missingOf(upload) : { status: 'missing' };
}

interface ReadObject {
  size: number;
  sha256: Sha256Hex;
  head: Buffer;
  tail: Buffer;
}

/** Both ends, where the store vouches for the rest; undefined where only reading it all tells. */
async function readAttested(storage: Storage, upload: UploadRow): Promise<ReadObject | Verification | undefined> {
  const info = await storage.head(upload.file_path);
  const wrong = compareWithPromise(upload, info);
  if (wrong) return wrong;
  if (!info.sha256) return undefined;
  const range = (start: number, end: number) => readRange(storage, upload, start, end);
  const head = await range(0, HEAD_BYTES - 1);
  const tail = await range(info.size - TAIL_BYTES, info.size - 1);
  return { size: info.size, sha256: info.sha256, head, tail };
}

/** Size, SHA-256 and both ends, in constant memory. */
async function readWhole(
  storage: Storage,
  upload: UploadRow,
  signal?: AbortSignal,
): Promise<ReadObject | Verification> {
  const { info, body } = await storage.read(upload.file_path, { signal });
  const wrong = compareWithPromise(upload, info);
  if (wrong) {
    body.destroy();
    return wrong;
  }
  const object = await digest(body);
  // a short read is the store's fault, and no reason to reject what may well be whole
  if (object.size !== info.size) throw new StorageError('unavailable', 'The object store ended an object early.');
  return object;
}

async function readRange(storage: Storage, upload: UploadRow, start: number, end: number): Promise<Buffer> {
  const { body } = await storage.read(upload.file_path, { range: { start, end } });
  const chunks: Buffer[] = [];
  for await (const chunk of body) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

async function digest(body: Readable): Promise<ReadObject> {
  const hash = createHash('sha256');
  const headChunks: Buffer[] = [];
  let headSize = 0;
  let tail: Buffer = Buffer.alloc(0);
  let size = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    hash.update(chunk);
    size += chunk.length;
    if (headSize < HEAD_BYTES) {
      const part = chunk.subarray(0, HEAD_BYTES - headSize);
      headChunks.push(part);
      headSize += part.length;
    }
    tail =
      chunk.length >= TAIL_BYTES ? chunk.subarray(-TAIL_BYTES) : Buffer.concat([tail, chunk]).subarray(-TAIL_BYTES);
  }
  return { size, sha256: hash.digest('hex') as Sha256Hex, head: Buffer.concat(headChunks), tail };
}

function compareWithPromise(upload: UploadRow, info: ObjectInfo): Verification | undefined {
  if (info.size !== upload.file_size) {
    return rejected('size-mismatch', 'The stored object has another size than was signed.');
  }
  const storedType = info.contentType?.split(';')[0]?.trim().toLowerCase();
  if (storedType !== undefined && storedType !== upload.mime_type) {
    return rejected('content-mismatch', 'The object was stored with another content type than was signed.');
  }
  return undefined;
}

function judge(upload: UploadRow, type: MimeType, object: ReadObject): Verification {
  if (upload.checksum !== null && upload.checksum !== object.sha256) {
    return rejected('checksum-mismatch', 'The stored bytes have another SHA-256 than was signed.');
  }
  const findings = inspectContent(type, upload.content_encoding, object);
  if (!findings.ok) return rejected('content-mismatch', `${findings.message}.`);
  const { width = null, height = null } = findings;
  if (
    (width !== null && upload.width !== null && width !== upload.width) ||
    (height !== null && upload.height !== null && height !== upload.height)
  ) {
    return rejected('content-mismatch', 'The stored image has another width or height than was signed.');
  }
  return { status: 'verified', checksum: object.sha256, width, height };
}

function rejected(code: ErrorCode, reason: string): Verification {
  return { status: 'rejected', code, reason };
}
