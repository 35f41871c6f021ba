import type { MimeType } from './mime-types.js';
import { servedFile } from './served-file.js';
import type { Mask } from './types.js';

const MAX_LABEL = 64;

/**
 * Name of a mask in the ZIP of its group: `slice-0042_liver_mask-4711.png`. A slice or a label that a mask does not
 * have is left out; the id makes it unique. Files stored with gzip keep it, and say so: `mask-12.nii.gz`.
 */
export function archiveEntryName(mask: Mask, mimeTypes: ReadonlyMap<string, MimeType>): string {
  const slice = mask.slice_index === null ? '' : `slice-${String(mask.slice_index).padStart(4, '0')}`;
  const gzipped = mask.content_encoding === 'gzip' ? '.gz' : '';
  const parts = [slice, reducedLabel(mask.label_name ?? ''), `${servedFile(mask, mimeTypes).fileName}${gzipped}`];
  return parts.filter((part) => part !== '').join('_');
}

/**
 * `[A-Za-z0-9._-]` only, so that it is no path on any system; no dots or dashes at its ends, where shells and file
 * managers read a meaning into them. Accents go, their letters stay; nothing may be left.
 */
function reducedLabel(label: string): string {
  return label
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .replace(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/\.{2,}/g, '.')
    .slice(0, MAX_LABEL)
    .replace(/^[.-]+|[.-]+$/g, '');
}
