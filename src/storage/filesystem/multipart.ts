import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { lstat, open, opendir, readdir, rename, rm, rmdir } from 'node:fs/promises';
import path from 'node:path';
import type { ObjectKey } from '../../domain/types.js';
import { type ListedMultipart, StorageError, type StoredPart } from '../storage.js';
import { errnoOf, isMissing, toStorageError } from './errno.js';
import { isLegalKey, isLegalSegment } from './legal-key.js';
import { makeFolder, type RootFolder, syncFolder } from './root-folder.js';
import { WriteRefused, writeOnce, writeTemporary } from './write-once.js';

/**
 * Unfinished uploads in parts: `.multipart/{key}/.{id}/{number}`, a file for each part. No segment of a key begins with
 * a dot, so what is an upload's and what is a key's cannot be mistaken for one another.
 */
const UPLOAD_FOLDER = /^\.([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;
const PART_FILE = /^\d{5}$/;
const START_TRIES = 10;
const COPY_BYTES = 2 ** 20;

export async function startMultipart(root: RootFolder, key: ObjectKey): Promise<string> {
  await root.ready();
  const id = randomUUID();
  const folder = folderOf(root, key, id);
  for (let tries = 1; ; tries++) {
    try {
      await makeFolder(folder);
      return id;
    } catch (error) {
      // an abort may have tidied up what was still empty
      if (errnoOf(error) !== 'ENOENT' || tries === START_TRIES) throw toStorageError(error, 'write to');
    }
  }
}

/** @throws StorageError `no-such-upload`, a cheap look before the bytes travel */
export async function assertUploadThere(root: RootFolder, key: ObjectKey, id: string): Promise<void> {
  await root.ready();
  await lstat(folderOf(root, key, id)).catch((error) => missingOr(root, error));
}

/**
 * Stores a part, in place of an earlier one of that number. The bytes are counted and flushed under a temporary name and
 * then renamed, so a part is always whole; when the upload has ended meanwhile there is no folder to rename it into.
 *
 * @throws WriteRefused, StorageError, or whatever `source` throws
 */
export async function writePart(
  root: RootFolder,
  part: { key: ObjectKey; id: string; partNumber: number; contentLength: number },
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): Promise<void> {
  const folder = folderOf(root, part.key, part.id);
  await writeTemporary(root, source, part, async (temporary) => {
    try {
      await rename(temporary, partFile(folder, part.partNumber));
      await syncFolder(folder);
    } catch (error) {
      await missingOr(root, error);
    }
  });
}

export async function listParts(root: RootFolder, key: ObjectKey, id: string): Promise<StoredPart[]> {
  await root.ready();
  const folder = folderOf(root, key, id);
  try {
    const names = (await readdir(folder)).filter((name) => PART_FILE.test(name)).sort();
    return await Promise.all(
      names.map(async (name) => {
        const found = await lstat(path.join(folder, name));
        return { partNumber: Number(name), size: found.size, tag: tagOf(found) };
      }),
    );
  } catch (error) {
    return missingOr(root, error);
  }
}

/**
 * Copies the parts into one file, which gets its name when it is whole, and only then takes them away: a process that
 * dies half-way leaves everything that a repeat needs. For that long the disk holds the bytes twice.
 */
export async function completeMultipart(
  root: RootFolder,
  key: ObjectKey,
  id: string,
  parts: readonly StoredPart[],
  signal?: AbortSignal,
): Promise<void> {
  await assertUploadThere(root, key, id);
  const contentLength = parts.reduce((sum, { size }) => sum + size, 0);
  try {
    await writeOnce(root, key, bytesOf(root, folderOf(root, key, id), parts, signal), { contentLength });
  } catch (error) {
    if (!(error instanceof WriteRefused)) throw error;
    if (error.reason !== 'exists') throw changed();
  }
  await abortMultipart(root, key, id);
}

async function* bytesOf(
  root: RootFolder,
  folder: string,
  parts: readonly StoredPart[],
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  const buffer = Buffer.allocUnsafe(COPY_BYTES);
  for (const { partNumber, tag } of parts) {
    const flags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0);
    const file = await open(partFile(folder, partNumber), flags).catch((error) => missingOr(root, error));
    try {
      if (tagOf(await file.stat()) !== tag) throw changed();
      for (;;) {
        if (signal?.aborted) throw new StorageError('unavailable', 'The call was aborted', { cause: signal.reason });
        const { bytesRead } = await file.read(buffer, 0, buffer.length);
        if (bytesRead === 0) break;
        yield buffer.subarray(0, bytesRead);
      }
    } finally {
      await file.close();
    }
  }
}

/**
 * Takes the whole folder out of the way in one step, so that no part can land in it any more, and then deletes it. What
 * a crash leaves of that is cleared away like any other leftover.
 */
export async function abortMultipart(root: RootFolder, key: ObjectKey, id?: string): Promise<void> {
  await root.ready();
  await root.assertThere();
  const folders = id === undefined ? await uploadsOf(root, key) : [folderOf(root, key, id)];
  for (const folder of folders) {
    const dead = path.join(root.temporary, randomUUID());
    try {
      await rename(folder, dead);
      await syncFolder(path.dirname(folder));
      await rm(dead, { recursive: true, force: true });
    } catch (error) {
      if (!isMissing(error)) throw toStorageError(error, 'delete from');
    }
  }
  await tidy(root, path.dirname(folderOf(root, key, randomUUID())));
}

async function uploadsOf(root: RootFolder, key: ObjectKey): Promise<string[]> {
  const parent = path.dirname(folderOf(root, key, randomUUID()));
  try {
    const names = await readdir(parent);
    return names.filter((name) => UPLOAD_FOLDER.test(name)).map((name) => path.join(parent, name));
  } catch (error) {
    if (isMissing(error)) return [];
    throw toStorageError(error, 'list');
  }
}

/** Removes what has become empty, from the folder of a key upwards. */
async function tidy(root: RootFolder, folder: string): Promise<void> {
  for (let empty = folder; empty !== root.multipart; empty = path.dirname(empty)) {
    const removed = await rmdir(empty).then(
      () => true,
      (error) => isMissing(error),
    );
    if (!removed) return;
  }
}

export async function* listMultiparts(root: RootFolder, prefix: string): AsyncGenerator<ListedMultipart> {
  await root.ready();
  await root.assertThere();
  try {
    yield* walk(root, '', prefix);
  } catch (error) {
    throw toStorageError(error, 'list');
  }
}

async function* walk(root: RootFolder, key: string, prefix: string): AsyncGenerator<ListedMultipart> {
  const entries = await opendir(path.join(root.multipart, key)).catch(ignoreMissing);
  for await (const entry of entries ?? []) {
    if (!entry.isDirectory()) continue;
    const id = UPLOAD_FOLDER.exec(entry.name)?.[1];
    if (id !== undefined && key.startsWith(prefix)) {
      const found = await lstat(path.join(root.multipart, key, entry.name)).catch(ignoreMissing);
      if (found) yield { key, id, startedAt: found.birthtimeMs > 0 ? found.birthtime : found.mtime };
    }
    if (!isLegalSegment(entry.name)) continue;
    const below = key === '' ? entry.name : `${key}/${entry.name}`;
    if (isLegalKey(below) && (`${below}/`.startsWith(prefix) || prefix.startsWith(`${below}/`) || below === prefix)) {
      yield* walk(root, below, prefix);
    }
  }
}

/** @throws StorageError `no-such-key` for a key that is no legal one, `no-such-upload` for an id that is not one of ours */
function folderOf(root: RootFolder, key: ObjectKey, id: string): string {
  root.pathOf(key);
  if (!UPLOAD_FOLDER.test(`.${id}`)) throw noSuchUpload();
  return path.join(root.multipart, key, `.${id}`);
}

function partFile(folder: string, partNumber: number): string {
  return path.join(folder, String(partNumber).padStart(5, '0'));
}

/** Another file, or other bytes, have another one. */
function tagOf({ ino, size, mtimeMs }: { ino: number; size: number; mtimeMs: number }): string {
  return [ino, size, mtimeMs].join('-');
}

function changed(): StorageError {
  return new StorageError('unavailable', 'A part was sent again while the parts were put together; try again');
}

function noSuchUpload(): StorageError {
  return new StorageError('no-such-upload', 'The upload was completed or given up');
}

async function missingOr(root: RootFolder, error: unknown): Promise<never> {
  if (!isMissing(error)) throw toStorageError(error, 'read');
  await root.assertThere();
  throw noSuchUpload();
}

function ignoreMissing(error: unknown): undefined {
  if (!isMissing(error)) throw error;
}
