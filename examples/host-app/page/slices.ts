import type { Mask, MaskClient, MaskGroup } from '../pacs-mask-upload-client.js';

/** The masks of a group by slice and label. */
export interface Slices {
  first: number;
  last: number;
  /** Labels in use, in alphabetical order; null is a mask without one. */
  labels: (string | null)[];
  /** The masks in one slice. */
  at(slice: number): Mask[];
  /** How many slices a label is in. */
  sizeOf(label: string | null): number;
  /** Slices between first and last that have no mask at all. */
  missing: number[];
  /** Masks that no slice index tells the place of, such as volumes. */
  unplaced: number;
}

/** Everything that a group holds, with a signed URL for each. */
export async function listAllMasks(client: MaskClient, group: MaskGroup, signal: AbortSignal): Promise<Mask[]> {
  const masks: Mask[] = [];
  for (let cursor: string | undefined; ; ) {
    const page = await client.listMasks({
      annotation_id: group.annotation_id,
      group_id: group.id,
      limit: 1000,
      include: 'download_url',
      ...(cursor !== undefined && { cursor }),
      signal,
    });
    masks.push(...page.masks);
    if (page.next_cursor === null) return masks;
    cursor = page.next_cursor;
  }
}

/** Puts masks into their slices. They are counted from 0 where there is a slice 0, else from 1, as the server does it. */
export function slicesOf(group: MaskGroup, masks: readonly Mask[]): Slices {
  const bySlice = new Map<number, Mask[]>();
  let unplaced = 0;
  for (const mask of masks) {
    if (mask.slice_index === null || mask.mime_type !== 'image/png') unplaced += 1;
    else bySlice.set(mask.slice_index, [...(bySlice.get(mask.slice_index) ?? []), mask]);
  }
  const placed = [...bySlice.values()].flat();
  const first = bySlice.has(0) ? 0 : 1;
  const last = Math.max(first + group.slice_count - 1, ...bySlice.keys());
  const all = Array.from({ length: last - first + 1 }, (_, index) => first + index);
  return {
    first,
    last,
    labels: [...new Set(placed.map(({ label_name }) => label_name))].sort((a, b) => ((a ?? '') < (b ?? '') ? -1 : 1)),
    at: (slice) => bySlice.get(slice) ?? [],
    sizeOf: (label) => new Set(placed.filter((mask) => mask.label_name === label).map((mask) => mask.slice_index)).size,
    missing: all.filter((slice) => !bySlice.has(slice)),
    unplaced,
  };
}

/** Neighbouring numbers together: [1, 2, 3, 7] → [[1, 3], [7, 7]]. Expects ascending numbers. */
export function runsOf(numbers: readonly number[]): [from: number, to: number][] {
  const runs: [number, number][] = [];
  for (const number of numbers) {
    const last = runs.at(-1);
    if (last && last[1] === number - 1) last[1] = number;
    else runs.push([number, number]);
  }
  return runs;
}
