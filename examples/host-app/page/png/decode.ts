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
 * @throws Error in words, for what is no PNG, is broken, or is larger than 8192 pixels either way
 */
export async function decodeMaskPng(bytes: Uint8Array): Promise<Mask> {
  const image = parsePng(bytes);
  const passes = passesOf(image);
  const data = await inflated(image.compressed, sum(passes.map(({ size }) => size)));
  const on = new Uint8Array(image.width * image.height);
  let start = 0;
  for (const { left, top, across, down, columns, rows, rowBytes, size } of passes) {
    const pixels = unfilter(
      data.subarray(start, start + size),
      rowBytes,
      Math.max(1, (image.channels * image.depth) >> 3),
    );
    start += size;
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        if (!isOn(pixels, row * rowBytes, column, image)) continue;
        on[(top + row * down) * image.width + left + column * across] = 1;
      }
    }
  }
  return { width: image.width, height: image.height, on };
}

/** Which pixels come in which order, and how many bytes they take with their rows' filters. */
function passesOf({ width, height, channels, depth, interlaced }: PngImage) {
  const all = (interlaced ? ADAM7 : PLAIN).map(([left, top, across, down]) => {
    const columns = Math.max(0, Math.ceil((width - left) / across));
    const rows = Math.max(0, Math.ceil((height - top) / down));
    const rowBytes = Math.ceil((columns * channels * depth) / 8);
    return { left, top, across, down, columns, rows, rowBytes, size: rows * (rowBytes + 1) };
  });
  return all.filter(({ columns }) => columns > 0);
}

/** The first `size` bytes; what a hostile file holds beyond them is not even unpacked. */
async function inflated(bytes: Uint8Array<ArrayBuffer>, size: number): Promise<Uint8Array> {
  const reader = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate')).getReader();
  const data = new Uint8Array(size);
  let filled = 0;
  while (filled < size) {
    const { done, value } = await reader.read();
    if (done) throw new Error('The PNG ends too early');
    data.set(value.subarray(0, size - filled), filled);
    filled += value.length;
  }
  await reader.cancel();
  return data;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
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
