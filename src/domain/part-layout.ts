import type { PartLayout } from './types.js';

const MiB = 2 ** 20;

/** S3's limits: https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html */
const MAX_PARTS = 10_000;
export const MIN_PART_BYTES = 5 * MiB;
export const MAX_PUT_BYTES = 5 * 2 ** 30;
export const MAX_MULTIPART_BYTES = MAX_PARTS * MAX_PUT_BYTES;

/** Large enough that requests cost little beside bytes, small enough that little is sent again after a failure. */
const USUAL_PART_BYTES = 16 * MiB;

/**
 * Bytes of every part of a file but the last, in whole MiB; null for a file that is one PUT. A threshold below the usual
 * size keeps parts as small as it keeps PUTs, as far as the number of parts allows.
 */
export function partSizeOf(fileSize: number, thresholdBytes: number): number | null {
  if (fileSize <= thresholdBytes) return null;
  const usual = Math.min(USUAL_PART_BYTES, Math.floor(thresholdBytes / MiB) * MiB);
  return Math.max(usual, Math.ceil(fileSize / MAX_PARTS / MiB) * MiB);
}

export function layoutOf(fileSize: number, partSize: number): PartLayout {
  return { part_size: partSize, part_count: Math.ceil(fileSize / partSize) };
}

/** Where part `number`, counted from 1, is in the file. */
export function partAt(fileSize: number, partSize: number, number: number): { offset: number; length: number } {
  const offset = (number - 1) * partSize;
  return { offset, length: Math.min(partSize, fileSize - offset) };
}

/** Ascending numbers as runs, `[first, last]`, both included. */
export function runsOf(numbers: readonly number[]): [number, number][] {
  const runs: [number, number][] = [];
  for (const number of numbers) {
    const last = runs.at(-1);
    if (last && last[1] === number - 1) last[1] = number;
    else runs.push([number, number]);
  }
  return runs;
}
