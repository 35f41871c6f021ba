import { createHash } from 'node:crypto';
import { pipeline, Readable, Transform } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { ByteRange } from '../domain/conditional-request.js';
import { findMask, type MaskRow } from '../repositories/masks.js';
import { isStorageError, StorageError } from '../storage/storage.js';
import type { Limiter } from './concurrency.js';
import type { Context, Scope } from './context.js';
import { maskNotFound } from './get-mask.js';
import { storageCall } from './storage-call.js';

/** The part of a mask's object that is asked for. Default: all of it. */
export interface ReadMaskOptions {
  range?: ByteRange | undefined;
  signal?: AbortSignal | undefined;
}

/** Up to here bytes are read whole: they are checked before any goes out, and no slow client holds their connection. */
const SMALL_BYTES = 256 * 2 ** 10;

export function isSmall(mask: MaskRow): boolean {
  return mask.file_size !== null && mask.file_size <= SMALL_BYTES;
}

/**
 * The bytes of a mask's object. The stream fails before its last bytes unless they are what the row promises: size and,
 * of a whole object, SHA-256. (Rows adopted from tables made by hand may promise neither.) Large ones wait for their
 * turn among `downloadConcurrency`, and keep it until the stream is read to its end or destroyed.
 *
 * @returns the stream, and how many bytes it will give.
 * @throws MaskUploadError `mask-not-found` when it was deleted meanwhile; `storage-unavailable`, also for an object of
 *   another size. The stream fails with a StorageError.
 */
export async function readMask(
  context: Context,
  scope: Scope,
  mask: MaskRow,
  options: ReadMaskOptions = {},
): Promise<Opened> {
  const { range } = options;
  const small = range ? range.end - range.start < SMALL_BYTES : isSmall(mask);
  if (!small) {
    return inTurn(context.downloads, async () => {
      scope.signal?.throwIfAborted();
      return open(context, scope, mask, options);
    });
  }
  const bytes = await context.lookUp(() =>
    storageCall(async () => buffer((await open(context, scope, mask, options)).body)),
  );
  return { body: Readable.from(bytes, { objectMode: false }), length: bytes.length };
}

interface Opened {
  body: Readable;
  length: number;
}

function inTurn(limit: Limiter, work: () => Promise<Opened>): Promise<Opened> {
  return new Promise((resolve, reject) => {
    limit(async () => {
      const opened = await work();
      const closed = new Promise((done) => opened.body.once('close', done));
      resolve(opened);
      await closed;
    }).catch(reject);
  });
}

function open(context: Context, scope: Scope, mask: MaskRow, { range, signal }: ReadMaskOptions): Promise<Opened> {
  return askStore(context, scope, mask, async () => {
    const { info, body } = await context.storage.read(mask.file_path, { range, signal });
    if (info.size !== (mask.file_size ?? info.size)) {
      body.destroy();
      throw new StorageError('unavailable', 'The stored object has another size than was verified.');
    }
    const length = range ? range.end - range.start + 1 : info.size;
    return { body: checked(body, length, range ? null : mask.checksum), length };
  });
}

/** Bytes of a mask's object; only rows adopted from tables made by hand need to ask the store. Throws as `readMask`. */
export async function sizeOfMask(context: Context, scope: Scope, mask: MaskRow): Promise<number> {
  return mask.file_size ?? (await askStore(context, scope, mask, () => context.storage.head(mask.file_path))).size;
}

/** An object that is missing because its mask was deleted meanwhile is no fault of the store's. */
async function askStore<T>(context: Context, { schema, annotation }: Scope, mask: MaskRow, ask: () => Promise<T>) {
  return storageCall(async () => {
    try {
      return await ask();
    } catch (error) {
      if (!isStorageError(error) || error.code !== 'no-such-key') throw error;
      const still = await context.database.read((session) => findMask(session, schema, annotation, mask.id));
      throw still ? error : maskNotFound();
    }
  });
}

/** The same bytes, the last chunk held back until they are known to be right: what is sent cannot be taken back. */
function checked(body: Readable, length: number, checksum: string | null): Readable {
  const hash = checksum === null ? undefined : createHash('sha256');
  let received = 0;
  let held: Buffer | undefined;
  const check = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      received += chunk.length;
      hash?.update(chunk);
      const ready = held;
      held = chunk;
      if (received > length) done(new StorageError('unavailable', 'The object store sent more than the object.'));
      else done(null, ready);
    },
    flush(done) {
      if (received !== length) done(new StorageError('unavailable', 'The object store ended an object early.'));
      else if (hash && hash.digest('hex') !== checksum) {
        done(new StorageError('unavailable', 'The stored bytes are no longer the ones that were verified.'));
      } else done(null, held);
    },
  });
  // a body that breaks before anyone reads it tells its reader, who comes later, not the process
  check.on('error', () => undefined);
  // whichever ends early takes the other one with it
  return pipeline(body, check, () => undefined);
}
