import { liver, SLICES, tumour } from './anatomy.js';
import { coordinateOf, pixelsAround, positionOf, SIZE } from './picture.js';
import { depthIn, type Shape } from './shape.js';

export const LABELS = ['liver', 'tumour'] as const;
export type Label = (typeof LABELS)[number];

/** One label in one slice, 1 where it is. Undefined where the label is not in the slice at all. */
export function maskOf(slice: number, label: Label): Uint8Array | undefined {
  const t = positionOf(slice);
  const lesion = tumour(t);
  if (label === 'tumour') return lesion.length === 0 ? undefined : filled(lesion);
  const whole = filled(liver(t));
  if (lesion.length === 0) return whole;
  const taken = filled(lesion);
  return whole.map((on, index) => (taken[index] === 1 ? 0 : on)); // a pixel belongs to one label
}

/** Every slice and label that the sample has, in order. */
export function sampleMasks(): { slice: number; label: Label }[] {
  const slices = Array.from({ length: SLICES }, (_, index) => index + 1);
  return slices.flatMap((slice) =>
    LABELS.filter((label) => label === 'liver' || tumour(positionOf(slice)).length > 0).map((label) => ({
      slice,
      label,
    })),
  );
}

function filled(shapes: Shape[]): Uint8Array {
  const mask = new Uint8Array(SIZE * SIZE);
  for (const shape of shapes) {
    const { left, right, top, bottom } = pixelsAround(shape);
    const depth = depthIn(shape);
    for (let row = top; row <= bottom; row++) {
      for (let column = left; column <= right; column++) {
        if (depth(coordinateOf(column), coordinateOf(row)) <= 0) mask[row * SIZE + column] = 1;
      }
    }
  }
  return mask;
}
