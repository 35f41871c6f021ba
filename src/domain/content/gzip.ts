import { constants, gunzipSync } from 'node:zlib';
import type { Glimpse } from './types.js';

/** Deflate unpacks to at most 1032 times its size, so no bomb makes more than 2 MiB out of this. */
const PACKED_PREFIX = 2048;

/** RFC 1952 § 2.3.1: the two magic bytes, then the only method there is. */
export function isGzip(head: Buffer): boolean {
  return head.length >= 3 && head[0] === 0x1f && head[1] === 0x8b && head[2] === 8;
}

/** Unpacks the beginning, or the whole if it is small enough. Null when it cannot be unpacked. */
export function gunzipPrefix(file: { head: Buffer; size: number }): Glimpse | null {
  const whole = file.size <= PACKED_PREFIX && file.head.length >= file.size;
  try {
    if (whole) {
      const head = gunzipSync(file.head);
      return { head, tail: head.subarray(-64), size: head.length };
    }
    const head = gunzipSync(file.head.subarray(0, PACKED_PREFIX), { finishFlush: constants.Z_SYNC_FLUSH });
    return { head, tail: null, size: null };
  } catch {
    return null;
  }
}
