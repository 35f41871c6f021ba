import { type Findings, type Glimpse, notLike } from './types.js';

/**
 * NIfTI-1: the header size, 348, in either byte order, and `n+1` at byte 344 (nifti1.h). NIfTI-2: 540, and `n+2` at
 * byte 4 (nifti2.h). The two-file form (`ni1`, `ni2`) has its voxels elsewhere and is refused.
 */
export function looksLikeNifti({ head }: Glimpse): Findings {
  if (startsWithSize(head, 348)) return byMagic(head.toString('latin1', 344, 348), 'n+1\0', 'ni1\0');
  if (startsWithSize(head, 540)) return byMagic(head.toString('latin1', 4, 12), 'n+2\0\r\n\x1a\n', 'ni2\0\r\n\x1a\n');
  return notLike('The file does not begin with the header of NIfTI-1 or NIfTI-2');
}

function startsWithSize(head: Buffer, size: number): boolean {
  return head.length >= size && (head.readInt32LE(0) === size || head.readInt32BE(0) === size);
}

function byMagic(magic: string, oneFile: string, twoFiles: string): Findings {
  if (magic === oneFile) return { ok: true };
  if (magic === twoFiles) return notLike('The file is the header of a two-file NIfTI; upload the one-file form');
  return notLike('The NIfTI header does not have its magic bytes');
}
