import type { Readable } from 'node:stream';
import type { Storage } from '../../src/index.js';

export interface WatchedStorage extends Storage {
  /** Reads begun so far, and bodies neither ended nor destroyed. */
  reads: number;
  open: Set<Readable>;
  /** Called before a read begins, with its number from 1. What it throws, the read rejects with. */
  beforeRead: (number: number, key: string) => unknown;
}

/** A storage, and a look at what is read from it. */
export function watched(storage: Storage): WatchedStorage {
  const watching: WatchedStorage = {
    ...storage,
    reads: 0,
    open: new Set(),
    beforeRead: () => undefined,
    async read(key, options) {
      await watching.beforeRead(++watching.reads, key);
      const { info, body } = await storage.read(key, options);
      watching.open.add(body);
      body.once('close', () => watching.open.delete(body));
      return { info, body };
    },
  };
  return watching;
}
