import type { MaskGroup, MaskGroupFields } from '../pacs-mask-upload-client.js';
import type { SliceFile } from './mask-set.js';
import { SLICES } from './phantom/anatomy.js';
import { maskOf, sampleMasks } from './phantom/masks.js';
import { SIZE } from './phantom/picture.js';
import { encodeMaskPng } from './png/encode.js';

const MODEL = 'synthetic-phantom';
/** Raised when the phantom changes: masks of another version lie on another picture. */
const VERSION = '1';

export const SAMPLE_GROUP: MaskGroupFields = {
  group_name: 'Sample: liver and tumour',
  model_name: MODEL,
  version: VERSION,
  modality: 'CT',
  slice_count: SLICES,
  description: 'Drawn by the demo page. Nobody was scanned for this.',
};

/** Whether a group holds the sample's masks, so that the page can draw their CT, and the masks that are missing. */
export function isSample(group: MaskGroup): boolean {
  return group.model_name === MODEL && group.version === VERSION;
}

/** Draws every mask of the sample, the same each time. `drawn` is told how many are, of how many. */
export async function sampleFiles(drawn: (done: number, total: number) => void): Promise<SliceFile[]> {
  const files: SliceFile[] = [];
  const wanted = sampleMasks();
  for (const { slice, label } of wanted) {
    const mask = maskOf(slice, label) ?? new Uint8Array(SIZE * SIZE);
    files.push({
      data: await encodeMaskPng(mask, SIZE, SIZE),
      name: `${String(slice).padStart(4, '0')}_${label}.png`,
      mime_type: 'image/png',
      slice_index: slice,
      label_name: label,
      width: SIZE,
      height: SIZE,
    });
    drawn(files.length, wanted.length);
  }
  return files;
}
