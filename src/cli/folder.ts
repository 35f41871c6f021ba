import { openAsBlob } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { MaskFile } from '../client/index.js';
import { typeByName } from '../client/mime-type.js';
import { DEFAULT_PATTERNS, readName } from './name-pattern.js';
import { UsageError } from './usage-error.js';

/** A file of the folder and what its name tells; its bytes stay on the disk until they are sent. */
export interface FolderFile {
  name: string;
  file: MaskFile;
}

export interface Folder {
  files: FolderFile[];
  /** Files of other kinds. */
  ignored: number;
}

const VOLUMES = new Set(['application/vnd.nifti', 'application/x-nrrd', 'application/dicom']);
const MOST_NAMED = 5;

/**
 * Finds the masks of a folder, in the order of their names. A file's own name goes no further than this: only what its
 * pattern finds in it is told to the server.
 *
 * @param patterns the caller's own: then every file must fit one. By default a volume need not.
 * @throws UsageError when there are none, or when the name of one does not tell what it is
 */
export async function readFolder(
  path: string,
  { patterns, label }: { patterns?: readonly RegExp[] | undefined; label?: string | undefined },
): Promise<Folder> {
  const names = await fileNames(path);
  const files: FolderFile[] = [];
  const unclear: string[] = [];
  let ignored = 0;
  for (const name of names) {
    const type = typeByName(name);
    if (!type) {
      ignored++;
      continue;
    }
    const { extension, mimeType } = type;
    const isVolume = patterns === undefined && VOLUMES.has(mimeType);
    const parts =
      readName(name, extension, patterns ?? (isVolume ? [] : DEFAULT_PATTERNS)) ?? (isVolume ? {} : undefined);
    if (!parts) {
      unclear.push(name);
      continue;
    }
    const label_name = parts.label_name ?? label;
    const data = await openAsBlob(join(path, name));
    const described = { ...parts, ...(label_name !== undefined && { label_name }) };
    files.push({ name, file: { data, mime_type: mimeType, filename: `mask.${extension}`, ...described } });
  }
  if (unclear.length > 0) {
    const named = unclear.slice(0, MOST_NAMED).join(', ') + (unclear.length > MOST_NAMED ? ', …' : '');
    throw new UsageError(`${unclear.length} of ${names.length} names do not fit the pattern (${named}): see --pattern`);
  }
  if (files.length === 0) throw new UsageError('there are no masks in this folder');
  return { files, ignored };
}

async function fileNames(path: string): Promise<string[]> {
  try {
    const entries = await readdir(path, { withFileTypes: true });
    const names = entries.filter((entry) => entry.isFile() && !entry.name.startsWith('.')).map(({ name }) => name);
    return names.sort();
  } catch (error) {
    throw new UsageError(`the folder cannot be read: ${(error as NodeJS.ErrnoException).code ?? 'unknown error'}`);
  }
}

/** Distinct slices; 1 for a volume. */
export function countSlices(files: readonly FolderFile[]): number {
  const slices = files.map(({ file }) => file.slice_index ?? file.sop_instance_uid).filter((one) => one !== undefined);
  return Math.max(1, new Set(slices).size);
}
