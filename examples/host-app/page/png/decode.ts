import { type PngImage, parsePng } from './parse.js';
import { unfilter } from './unfilter.js';

export interface Mask {
  width: number;
  height: number;
  /** A byte a pixel, row by row: 1 where the mask is. */
  on: Uint8Array;
}

/** Adam7 (PNG 8.2): first column, first row, and the steps between. One pass over everything is the plain form. */
const ADAM7 = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const;
const PLAIN = [[0, 0, 1, 1]] as const;

/**
 * Which pixels of a PNG are not zero. A browser's own decoder cannot tell: it takes 16-bit labels down to 8 bits, and
 * label 1 of 65,535 is black then. Palettes count by their index, colours by their samples (any that is not zero), and a
 * wholly transparent pixel is off.
 *
 * @throws Error in words, for what is no PNG, is broken, or is larger than 16,384 pixels either way
 */
export async function decodeMaskPng(bytes: Uint8Array): Promise<Mask> {
  const image = parsePng(bytes);
  const data = await inflated(image.compressed);
  const mask = { width: image.width, height: image.height, on: new Uint8Array(image.width * image.height) };
  let start = 0;
  for (const [left, top, acrossStep, downStep] of image.interlaced ? ADAM7 : PLAIN) {
    const columns = Math.ceil((image.width - left) / acrossStep);
    const rows = Math.ceil((image.height - top) / downStep);
    if (columns <= 0 || rows <= 0) continue;
    const rowBytes = Math.ceil((columns * image.channels * image.depth) / 8);
    const end = start + rows * (rowBytes + 1);
    if (end > data.length) throw new Error('The PNG ends too early');
    const pixels = unfilter(data.subarray(start, end), rowBytes, Math.max(1, (image.channels * image.depth) >> 3));
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        if (!isOn(pixels, row * rowBytes, column, image)) continue;
        mask.on[(top + row * downStep) * image.width + left + column * acrossStep] = 1;
      }
    }
    start = end;
  }
  return mask;
}

async function inflated(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

function isOn(pixels: Uint8Array, rowStart: number, column: number, { depth, channels, alpha }: PngImage): boolean {
  if (depth < 8) {
    const bit = column * depth;
    const byte = pixels[rowStart + (bit >> 3)] ?? 0;
    return ((byte >> (8 - depth - (bit & 7))) & ((1 << depth) - 1)) !== 0;
  }
  const sampleBytes = depth >> 3;
  const start = rowStart + column * channels * sampleBytes;
  const colours = (channels - (alpha ? 1 : 0)) * sampleBytes;
  const isSet = (from: number, to: number) => pixels.subarray(from, to).some((byte) => byte !== 0);
  return isSet(start, start + colours) && (!alpha || isSet(start + colours, start + channels * sampleBytes));
}
