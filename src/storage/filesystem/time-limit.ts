import type { FileHandle } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { StorageError } from '../storage.js';

const CHUNK_BYTES = 64 * 1024;

/**
 * Waits for a disk, but not for ever: a network share may hang. The call itself cannot be interrupted and is left behind.
 *
 * @param late gets what comes after all, when nobody waits for it any more
 * @throws StorageError `unavailable`
 */
export async function within<T>(timeoutMs: number, call: Promise<T>, late?: (value: T) => unknown): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      call.then(late, () => {});
      reject(
        new StorageError('unavailable', 'The storage folder did not answer in time: does its disk or share hang?'),
      );
    }, timeoutMs);
  });
  try {
    return await Promise.race([call, tooLate]);
  } finally {
    clearTimeout(timer);
  }
}

/** The bytes from `start` to `end`, inclusive; closes the handle in the end. Fails with a StorageError when the disk gives none for `timeoutMs`. */
export function readWithin(timeoutMs: number, handle: FileHandle, start: number, end: number): Readable {
  async function* chunks(): AsyncGenerator<Buffer> {
    for (let position = start; position <= end; ) {
      const buffer = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, end - position + 1));
      const { bytesRead } = await within(timeoutMs, handle.read(buffer, 0, buffer.length, position));
      if (bytesRead === 0) return; // shorter than it was when it was opened
      position += bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  }
  const body = Readable.from(chunks(), { objectMode: false, highWaterMark: CHUNK_BYTES });
  // nobody waits for this: a handle whose disk hangs does not close either
  return body.once('close', () => handle.close().catch(() => {}));
}
