import type { MaskFile } from '../pacs-mask-upload-client.js';
import { sliceOf } from './file-names.js';

/** What is to be uploaded, and what else was found. */
export interface MaskSet {
  /** By slice, then label. */
  files: SliceFile[];
  slices: number;
  labels: string[];
  /** Files that are not named like a slice. */
  others: number;
  /** Names that mean a slice and label that another file has already. */
  doubles: string[];
}

/** `name` is for people here. The client sends a File's own name, if the server takes such names. */
export type SliceFile = MaskFile & { data: Blob; name: string; slice_index: number };

/** Finds the masks among files by their names. */
export function maskSet(files: readonly File[]): MaskSet {
  const found = new Map<string, SliceFile>();
  const doubles: string[] = [];
  let others = 0;
  for (const file of files) {
    const slice = sliceOf(file.name);
    if (!slice) {
      others += 1;
      continue;
    }
    const { slice_index, label_name } = slice;
    const mask = {
      data: file,
      name: file.name,
      mime_type: 'image/png',
      slice_index,
      ...(label_name !== undefined && { label_name }),
    };
    const key = sliceKey(mask);
    if (found.has(key)) doubles.push(file.name);
    else found.set(key, mask);
  }
  const masks = [...found.values()].sort(bySliceAndLabel);
  const labels = [...new Set(masks.flatMap(({ label_name }) => label_name ?? []))].sort();
  return { files: masks, slices: new Set(masks.map(({ slice_index }) => slice_index)).size, labels, others, doubles };
}

/** The same for two masks that would take each other's place in a group. */
export function sliceKey({
  slice_index,
  label_name,
}: {
  slice_index?: number | null | undefined;
  label_name?: string | null | undefined;
}): string {
  return `${slice_index ?? ''} ${label_name ?? ''}`;
}

function bySliceAndLabel(a: SliceFile, b: SliceFile): number {
  return a.slice_index - b.slice_index || ((a.label_name ?? '') < (b.label_name ?? '') ? -1 : 1);
}
