import { openAsBlob } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { MaskFile } from '../client/index.js';
import { typeByName } from '../client/mime-type.js';
import { slotOf } from '../client/upload-run.js';
import { DEFAULT_PATTERNS, readName } from './name-pattern.js';
import { printable } from './printable.js';
import { UsageError } from './usage-error.js';

/** A file of the folder and what its name tells; its bytes stay on the disk until they are sent. */
export interface FolderFile {
  /** As it may be printed. */
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
 * @throws UsageError when there are none, when the name of one does not tell what it is, and when two are the same slice
 *   and label
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
      unclear.push(printable(name));
      continue;
    }
    const label_name = parts.label_name ?? label;
    const data = await openAsBlob(join(path, name));
    const described = { ...parts, ...(label_name !== undefined && { label_name }) };
    files.push({
      name: printable(name),
      file: { data, mime_type: mimeType, filename: `mask.${extension}`, ...described },
    });
  }
  if (unclear.length > 0) {
    const named = unclear.slice(0, MOST_NAMED).join(', ') + (unclear.length > MOST_NAMED ? ', …' : '');
    throw new UsageError(`${unclear.length} of ${names.length} names do not fit the pattern (${named}): see --pattern`);
  }
  if (files.length === 0) throw new UsageError('there are no masks in this folder');
  refuseTwins(files);
  return { files, ignored };
}

async function fileNames(path: string): Promise<string[]> {
  try {
    const entries = await readdir(path, { withFileTypes: true });
    const names: string[] = [];
    for (const entry of entries) {
      if (entry.name.startsWith('.')) continue;
      if (entry.isFile() || (entry.isSymbolicLink() && (await leadsToFile(path, entry.name)))) names.push(entry.name);
    }
    return names.sort();
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`the folder cannot be read: ${codeOf(error)}`);
  }
}

/** Data sets are often folders of links. One that leads nowhere is a mask that would be missing without a word. */
async function leadsToFile(path: string, name: string): Promise<boolean> {
  try {
    return (await stat(join(path, name))).isFile();
  } catch (error) {
    if (!typeByName(name)) return true; // counted with those that are left out
    throw new UsageError(`the link ${printable(name)} leads nowhere: ${codeOf(error)}`);
  }
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? 'unknown error';
}

/** The client would refuse them, too, but knows no names. */
function refuseTwins(files: readonly FolderFile[]): void {
  const seen = new Map<string, string>();
  for (const { name, file } of files) {
    const slot = slotOf(file);
    if (slot === undefined) continue;
    const earlier = seen.get(slot);
    if (earlier !== undefined) throw new UsageError(`${earlier} and ${name} are the same slice and label`);
    seen.set(slot, name);
  }
}

/** Distinct slices; 1 for a volume. */
export function countSlices(files: readonly FolderFile[]): number {
  const slices = files.map(({ file }) => file.slice_index ?? file.sop_instance_uid).filter((one) => one !== undefined);
  return Math.max(1, new Set(slices).size);
}
