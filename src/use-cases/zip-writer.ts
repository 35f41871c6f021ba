import { once } from 'node:events';
import type { PassThrough, Readable } from 'node:stream';
import { ZipFile } from 'yazl';

export interface ZipEntry {
  name: string;
  modifiedAt: Date;
  /** Bytes; a body of another length breaks the archive. Without it, the entry is deflated. */
  size?: number;
}

/** A ZIP that is written while it is read: what is held is one entry's buffers, and 0.5 kB of each entry before it. */
export interface ZipWriter {
  /** Whatever goes wrong destroys it, so that it never ends as if whole. */
  output: Readable;
  /** Resolves when the body has been read to its end. Rejects with `signal`, or when the body is broken already. */
  add(entry: ZipEntry, body: Readable, signal: AbortSignal): Promise<void>;
  /** Writes the directory; the output ends. */
  end(): void;
}

export function createZipWriter(): ZipWriter {
  const zip = new ZipFile();
  const output = zip.outputStream as PassThrough;
  zip.on('error', (error: Error) => output.destroy(error));
  // an archive that breaks before anyone reads it tells its reader, who comes later, not the process
  output.on('error', () => undefined);
  output.once('close', () => next?.destroy());

  // yazl keeps for every entry what it was given until the end: one function for all of them, and never a body
  let next: Readable | undefined;
  const takeNext = (done: (error: unknown, body: Readable) => void) => {
    if (next) done(undefined, next);
  };

  return {
    output,
    async add({ name, modifiedAt, size }, body, signal) {
      // one that broke before its turn does not say so again
      if (body.errored) throw body.errored;
      body.once('error', (error) => output.destroy(error));
      // yazl does not tell when an entry is through; that its pipe lets go of the output does
      const through = once(output, 'unpipe', { signal });
      next = body;
      const options = size === undefined ? { compress: true } : { compress: false, size };
      zip.addReadStreamLazy(name, { ...options, mtime: modifiedAt }, takeNext);
      await through;
    },
    end: () => zip.end(),
  };
}
