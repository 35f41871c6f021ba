import { lstat, mkdir, open, opendir, rm } from 'node:fs/promises';
import path from 'node:path';
import type { ObjectKey } from '../../domain/types.js';
import { StorageError } from '../storage.js';
import { isMissing, noSuchKey, rootIsGone, toStorageError } from './errno.js';
import { isLegalKey } from './legal-key.js';

const FOLDER_MODE = 0o750;
const LEFTOVER_AGE_MS = 24 * 3600 * 1000;

/**
 * The folder that holds everything: objects at their keys, what is being written in `.tmp`, and the parts of unfinished
 * uploads in `.multipart` (no key begins with a dot).
 */
export interface RootFolder {
  readonly path: string;
  readonly temporary: string;
  readonly multipart: string;
  /** Makes the folders, the first time, and begins to clear away what crashed uploads left a day ago or earlier. */
  ready(): Promise<void>;
  /** @throws StorageError `unavailable` when the folder is gone, which is not the same as an object that is missing */
  assertThere(): Promise<void>;
  /** @throws StorageError `no-such-key` for a key that is no legal one */
  pathOf(key: ObjectKey): string;
}

export function createRootFolder(root: string): RootFolder {
  const temporary = path.join(root, '.tmp');
  let preparing: Promise<void> | undefined;

  async function prepare(): Promise<void> {
    try {
      await makeFolder(temporary);
    } catch (error) {
      preparing = undefined;
      throw isMissing(error)
        ? new StorageError('unavailable', 'The storage root is not a folder', { cause: error })
        : toStorageError(error, 'create');
    }
    // nobody waits for this, and what cannot be cleared now is cleared another time
    clearLeftovers(temporary).catch(() => {});
  }

  return {
    path: root,
    temporary,
    multipart: path.join(root, '.multipart'),
    ready() {
      preparing ??= prepare();
      return preparing;
    },
    async assertThere() {
      const found = await lstat(temporary).catch(() => undefined);
      if (!found?.isDirectory()) throw rootIsGone();
    },
    pathOf(key) {
      if (!isLegalKey(key)) throw noSuchKey();
      return path.join(root, key);
    },
  };
}

/** Makes a folder and its parents, and makes sure that they outlive a power cut. */
export async function makeFolder(folder: string): Promise<void> {
  const first = await mkdir(folder, { recursive: true, mode: FOLDER_MODE });
  if (first === undefined) return;
  for (let made = folder; made.length >= first.length; made = path.dirname(made)) await syncFolder(path.dirname(made));
}

/** Makes a folder's entries outlive a power cut. Windows has no such call, and needs none. */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function clearLeftovers(folder: string): Promise<void> {
  for await (const { name } of await opendir(folder)) {
    const file = path.join(folder, name);
    // an upload that is still going on keeps its file young
    const found = await lstat(file).catch(() => undefined);
    if (found && Date.now() - found.mtimeMs > LEFTOVER_AGE_MS) {
      await rm(file, { recursive: true, force: true }).catch(() => {});
    }
  }
}
