import { crc32 } from 'node:zlib';
import { type Findings, type Glimpse, notLike } from './types.js';

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const IHDR = Buffer.from('\0\0\0\rIHDR', 'latin1');
const IEND = Buffer.from([0, 0, 0, 0, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82]);
const HEADER_END = 33;
const MAX_DIMENSION = 2 ** 31 - 1;

/** Colour type → legal bit depths (PNG, third edition, § 11.2.1). */
const BIT_DEPTHS: Partial<Record<number, readonly number[]>> = {
  0: [1, 2, 4, 8, 16],
  2: [8, 16],
  3: [1, 2, 4, 8],
  4: [8, 16],
  6: [8, 16],
};

/**
 * A PNG begins with its signature and a sound IHDR chunk, and ends exactly with IEND: that finds truncated files, and
 * files with something else appended.
 */
export function looksLikePng({ head, tail, size }: Glimpse): Findings {
  if (!head.subarray(0, 8).equals(SIGNATURE)) return notLike('The file does not begin with the PNG signature');
  if (head.length < HEADER_END || !head.subarray(8, 16).equals(IHDR)) {
    return notLike('The first chunk of the PNG is not an IHDR of 13 bytes');
  }
  if (crc32(head.subarray(12, 29)) !== head.readUInt32BE(29)) return notLike('The PNG header is damaged (CRC)');

  const width = head.readUInt32BE(16);
  const height = head.readUInt32BE(20);
  if (width < 1 || height < 1 || width > MAX_DIMENSION || height > MAX_DIMENSION) {
    return notLike('The PNG header has an impossible width or height');
  }
  const [depth = 0, colour = 0, compression, filter, interlace = 0] = head.subarray(24, 29);
  if (!BIT_DEPTHS[colour]?.includes(depth)) {
    return notLike('The PNG header has an illegal pair of bit depth and colour type');
  }
  if (compression !== 0 || filter !== 0 || interlace > 1) {
    return notLike('The PNG header has an unknown compression, filter or interlace method');
  }
  if (tail === null || size === null || size < HEADER_END + IEND.length || !tail.subarray(-IEND.length).equals(IEND)) {
    return notLike('The PNG does not end with its IEND chunk: it is cut off, or something is appended');
  }
  return { ok: true, width, height };
}
