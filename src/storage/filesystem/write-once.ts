import { createHash, randomUUID } from 'node:crypto';
import { type FileHandle, link, lstat, open, unlink } from 'node:fs/promises';
import path from 'node:path';
import type { ObjectKey, Sha256Hex } from '../../domain/types.js';
import { StorageError } from '../storage.js';
import { errnoOf, isMissing, rootIsGone, toStorageError } from './errno.js';
import { makeFolder, type RootFolder, syncFolder } from './root-folder.js';

const FILE_MODE = 0o640;
const LINK_TRIES = 10;
const NO_HARD_LINKS = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EXDEV', 'EMLINK']);

/** Why an upload was not kept, through no fault of the storage. Nothing is left of it. */
export class WriteRefused extends Error {
  constructor(readonly reason: 'exists' | 'length' | 'checksum') {
    super(`Not stored: ${reason}`);
    this.name = 'WriteRefused';
  }
}

/** @throws WriteRefused `exists`, a cheap look before the bytes travel. Only the link, at the end, decides. */
export async function assertFree(root: RootFolder, key: ObjectKey): Promise<void> {
  await root.ready();
  const found = await lstat(root.pathOf(key)).catch((error) => {
    if (isMissing(error)) return undefined;
    throw toStorageError(error, 'read');
  });
  if (found) throw new WriteRefused('exists');
}

/**
 * Stores the bytes under a key that nothing has yet, or nothing at all.
 *
 * The bytes go to a temporary file, are counted and hashed on the way, and flushed. Only then does the file get its
 * name, by a hard link: unlike a rename, a link fails when the name is taken, so of two writers the second loses, and a
 * file under its final name is always whole. The folder is flushed before we say that it is stored.
 *
 * @throws WriteRefused, StorageError, or whatever `source` throws
 */
export async function writeOnce(
  root: RootFolder,
  key: ObjectKey,
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  expected: { contentLength: number; sha256?: Sha256Hex | undefined },
): Promise<void> {
  const target = root.pathOf(key);
  await writeTemporary(root, source, expected, (temporary) => onDisk(() => publish(temporary, target)));
}

/** Writes a file under a temporary name and hands it to `keep` when it is whole and flushed; then that name goes. */
export async function writeTemporary(
  root: RootFolder,
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  expected: { contentLength: number; sha256?: Sha256Hex | undefined },
  keep: (temporary: string) => Promise<void>,
): Promise<void> {
  await root.ready();
  const temporary = path.join(root.temporary, randomUUID());
  const file = await onDisk(() => open(temporary, 'wx', FILE_MODE));
  try {
    try {
      await fill(file, source, expected);
    } finally {
      await file.close();
    }
    await keep(temporary);
  } finally {
    await unlink(temporary).catch(() => {});
  }
}

async function fill(
  file: FileHandle,
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  expected: { contentLength: number; sha256?: Sha256Hex | undefined },
): Promise<void> {
  const hash = expected.sha256 ? createHash('sha256') : undefined;
  let received = 0;
  for await (const chunk of source) {
    received += chunk.byteLength;
    if (received > expected.contentLength) throw new WriteRefused('length');
    hash?.update(chunk);
    await onDisk(() => writeWhole(file, chunk));
  }
  if (received !== expected.contentLength) throw new WriteRefused('length');
  if (hash && hash.digest('hex') !== expected.sha256) throw new WriteRefused('checksum');
  await onDisk(() => file.sync());
}

/** A write may take fewer bytes than it was given, for instance when the disk fills up. */
async function writeWhole(file: FileHandle, chunk: Uint8Array): Promise<void> {
  for (let written = 0; written < chunk.byteLength; ) {
    written += (await file.write(chunk, written)).bytesWritten;
  }
}

/**
 * Gives the file its name. The folder is made when it turns out to be missing, and made again when a delete takes it
 * away, empty as it still is, before the link is in it.
 */
async function publish(temporary: string, target: string): Promise<void> {
  const folder = path.dirname(target);
  for (let tries = 1; ; tries++) {
    try {
      await link(temporary, target);
      break;
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT' || tries === LINK_TRIES) throw linkError(error);
    }
    await makeFolder(folder).catch(ignoreMissing);
  }
  try {
    await syncFolder(folder).catch(ignoreMissing);
  } catch (error) {
    await unlink(target); // ours, for the link was; it must not look stored when it may not last
    throw error;
  }
}

function linkError(error: unknown): unknown {
  const code = errnoOf(error) ?? '';
  if (code === 'EEXIST') return new WriteRefused('exists');
  if (!NO_HARD_LINKS.has(code)) return error;
  const message = `The storage folder is on a file system without hard links (${code}): use another one`;
  return new StorageError('unavailable', message, { cause: error });
}

/** A folder that is gone again has been deleted by someone else in the meantime. */
function ignoreMissing(error: unknown): void {
  if (errnoOf(error) !== 'ENOENT') throw error;
}

/** While writing, a missing file is not an object that is missing: it is the folder. */
async function onDisk<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (error instanceof WriteRefused) throw error;
    throw isMissing(error) ? rootIsGone(error) : toStorageError(error, 'write to');
  }
}
