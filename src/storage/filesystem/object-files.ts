import { constants } from 'node:fs';
import { type FileHandle, lstat, open, opendir, rmdir, unlink } from 'node:fs/promises';
import path from 'node:path';
import type { ObjectKey } from '../../domain/types.js';
import type { DeleteFailure, ListedObject } from '../storage.js';
import { isMissing, noSuchKey, toStorageError } from './errno.js';
import { isLegalKey, isLegalSegment } from './legal-key.js';
import { type RootFolder, syncFolder } from './root-folder.js';

const DELETED_AT_ONCE = 16;

/** @throws StorageError */
export async function statObject(root: RootFolder, key: ObjectKey): Promise<{ size: number }> {
  const file = root.pathOf(key);
  await root.ready();
  const found = await lstat(file).catch((error) => missingOr(root, error));
  if (!found.isFile()) throw noSuchKey();
  return { size: found.size };
}

/** An open object. Whoever gets it closes the handle. */
export interface OpenObject {
  handle: FileHandle;
  size: number;
  modifiedMs: number;
}

/** @throws StorageError */
export async function openObject(root: RootFolder, key: ObjectKey): Promise<OpenObject> {
  const file = root.pathOf(key);
  await root.ready();
  // O_NOFOLLOW: a symbolic link is no object. Windows does not have it.
  const flags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0);
  const handle = await open(file, flags).catch((error) => missingOr(root, error));
  try {
    const found = await handle.stat();
    if (!found.isFile()) throw noSuchKey();
    return { handle, size: found.size, modifiedMs: found.mtimeMs };
  } catch (error) {
    await handle.close();
    throw toStorageError(error, 'read');
  }
}

/** Deletes files, and the folders that are then empty. What is not there is fine. */
export async function deleteObjects(root: RootFolder, keys: readonly ObjectKey[]): Promise<DeleteFailure[]> {
  await root.ready();
  const failures: DeleteFailure[] = [];
  const missing: ObjectKey[] = [];
  const folders = new Set<string>();

  async function deleteOne(key: ObjectKey): Promise<void> {
    const file = root.pathOf(key);
    try {
      await unlink(file);
      folders.add(path.dirname(file));
    } catch (error) {
      if (isMissing(error)) missing.push(key);
      else failures.push({ key, error: toStorageError(error, 'delete from') });
    }
  }

  const legal = keys.filter(isLegalKey); // nothing can be under any other
  for (let i = 0; i < legal.length; i += DELETED_AT_ONCE) {
    await Promise.all(legal.slice(i, i + DELETED_AT_ONCE).map(deleteOne));
  }
  if (missing.length > 0) {
    await root.assertThere().catch((error) => failures.push(...missing.map((key) => ({ key, error }))));
  }
  for (const folder of folders) await tidy(root, folder);
  return failures;
}

/** Removes a folder that has become empty, and makes the deletions outlive a power cut. At best: they are done. */
async function tidy(root: RootFolder, folder: string): Promise<void> {
  if (folder === root.path) return;
  const changed = await rmdir(folder).then(
    () => path.dirname(folder),
    () => folder,
  );
  await syncFolder(changed).catch(() => {});
}

/** Every object whose key begins with the prefix. One folder is open for each level. */
export async function* listObjects(root: RootFolder, prefix: string): AsyncGenerator<ListedObject> {
  await root.ready();
  const slash = prefix.lastIndexOf('/');
  const folder = prefix.slice(0, Math.max(slash, 0));
  if (slash !== -1 && !isLegalKey(folder)) return; // no key begins so
  await root.assertThere();
  try {
    yield* walk(root, folder, prefix);
  } catch (error) {
    throw toStorageError(error, 'list');
  }
}

async function* walk(root: RootFolder, folder: string, prefix: string): AsyncGenerator<ListedObject> {
  const entries = await opendir(path.join(root.path, folder)).catch(ignoreMissing);
  for await (const entry of entries ?? []) {
    // what has no legal name was put here by someone else, and could not be deleted either
    if (!isLegalSegment(entry.name)) continue;
    const key = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory() && `${key}/`.startsWith(prefix)) {
      yield* walk(root, key, prefix);
    } else if (entry.isFile() && key.startsWith(prefix)) {
      const found = await lstat(path.join(root.path, key)).catch(ignoreMissing);
      if (found) yield { key, size: found.size, lastModified: found.mtime };
    }
  }
}

/** What is deleted while we list is not listed. */
function ignoreMissing(error: unknown): undefined {
  if (!isMissing(error)) throw error;
}

async function missingOr(root: RootFolder, error: unknown): Promise<never> {
  if (isMissing(error)) await root.assertThere();
  throw toStorageError(error, 'read');
}
