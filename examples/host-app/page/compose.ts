import type { Colour } from './palette.js';

export interface Layer {
  /** A byte a pixel, 1 where the mask is. */
  on: Uint8Array;
  colour: Colour;
}

const EDGE_OPACITY = 0.5;

/**
 * Lays masks over a grey picture (black without one). `opacity` is 0 to 1; the edge of a mask is more opaque than its
 * inside, so that it can be seen, and still be seen through. Later layers lie above earlier ones.
 */
export function compose(
  size: { width: number; height: number },
  picture: Uint8ClampedArray | undefined,
  layers: readonly Layer[],
  opacity: number,
): Uint8ClampedArray<ArrayBuffer> {
  const { width, height } = size;
  const rgba = new Uint8ClampedArray(width * height * 4);
  for (let pixel = 0, at = 0; pixel < width * height; pixel++, at += 4) {
    const grey = picture?.[pixel] ?? 0;
    rgba[at] = grey;
    rgba[at + 1] = grey;
    rgba[at + 2] = grey;
    rgba[at + 3] = 255;
  }
  const edge = opacity === 0 ? 0 : Math.min(1, opacity + EDGE_OPACITY);
  for (const { on, colour } of layers) {
    for (let pixel = 0; pixel < on.length; pixel++) {
      if (on[pixel] !== 1) continue;
      const inside = on[pixel - 1] === 1 && on[pixel + 1] === 1 && on[pixel - width] === 1 && on[pixel + width] === 1;
      blend(rgba, pixel * 4, colour, inside ? opacity : edge);
    }
  }
  return rgba;
}

function blend(rgba: Uint8ClampedArray, at: number, [red, green, blue]: Colour, opacity: number): void {
  const rest = 1 - opacity;
  rgba[at] = (rgba[at] ?? 0) * rest + red * opacity;
  rgba[at + 1] = (rgba[at + 1] ?? 0) * rest + green * opacity;
  rgba[at + 2] = (rgba[at + 2] ?? 0) * rest + blue * opacity;
}
