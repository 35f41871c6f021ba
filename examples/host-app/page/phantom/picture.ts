import { anatomy, SLICES } from './anatomy.js';
import { depthIn, reachOf, type Shape } from './shape.js';

/** Pixels, both ways: what CT scanners give. */
export const SIZE = 512;

const AIR = -1000;
const NOISE_HU = 17;
/** The soft-tissue window: level 50, width 400. */
const DARKEST = -150;
const WIDTH = 400;
/** Picture units over which one tissue fades into the next, as a scanner's resolution makes it. */
const BLUR = 0.007;

/** One slice of the phantom's CT as grey values, the same every time. `slice` counts from 1. */
export function ctPicture(slice: number): Uint8ClampedArray {
  const hounsfield = new Float32Array(SIZE * SIZE).fill(AIR);
  for (const { shapes, hu } of anatomy(positionOf(slice))) {
    for (const shape of shapes) paint(hounsfield, shape, hu);
  }
  const grain = noise(slice);
  const grey = new Uint8ClampedArray(SIZE * SIZE);
  for (const [index, hu] of hounsfield.entries()) {
    grey[index] = ((hu + NOISE_HU * (grain[index] ?? 0) - DARKEST) * 255) / WIDTH;
  }
  return grey;
}

/** 0 at the first slice, 1 at the last. */
export function positionOf(slice: number): number {
  return (slice - 1) / (SLICES - 1);
}

/** Where the middle of a pixel is, from -1 to 1. */
export function coordinateOf(pixel: number): number {
  return ((pixel + 0.5) * 2) / SIZE - 1;
}

/** The pixels that a shape can touch. */
export function pixelsAround(shape: Shape): { left: number; right: number; top: number; bottom: number } {
  const reach = reachOf(shape) + BLUR;
  const pixel = (coordinate: number) => Math.min(SIZE - 1, Math.max(0, Math.round(((coordinate + 1) * SIZE) / 2)));
  return {
    left: pixel(shape.x - reach),
    right: pixel(shape.x + reach),
    top: pixel(shape.y - reach),
    bottom: pixel(shape.y + reach),
  };
}

function paint(hounsfield: Float32Array, shape: Shape, hu: number): void {
  const { left, right, top, bottom } = pixelsAround(shape);
  const depth = depthIn(shape);
  for (let row = top; row <= bottom; row++) {
    for (let column = left; column <= right; column++) {
      const cover = 0.5 - depth(coordinateOf(column), coordinateOf(row)) / BLUR;
      if (cover <= 0) continue;
      const index = row * SIZE + column;
      const below = hounsfield[index] ?? AIR;
      hounsfield[index] = cover >= 1 ? hu : below + (hu - below) * cover;
    }
  }
}

/** About normal, a little smooth, as reconstructed CT is; from the slice number alone. */
function noise(slice: number): Float32Array {
  const raw = new Float32Array(SIZE * SIZE);
  let state = (slice * 2_654_435_761) >>> 0 || 1;
  for (let index = 0; index < raw.length; index++) {
    // xorshift32
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    raw[index] = ((state & 0xffff) + (state >>> 16)) / 0xffff - 1;
  }
  return raw.map((value, index) => value + 0.7 * ((raw[index - 1] ?? 0) + (raw[index - SIZE] ?? 0)));
}
