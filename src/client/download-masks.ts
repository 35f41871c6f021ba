import type { DownloadedMask, DownloadOptions } from './types.js';

// biome-ignore lint/correctness/useYield: to come
export async function* downloadMasks(_options: DownloadOptions): AsyncGenerator<DownloadedMask> {
  throw new Error('not yet');
}
