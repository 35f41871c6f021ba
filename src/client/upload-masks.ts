import type { UploadOptions, UploadResult } from './types.js';

export async function uploadMasks(_options: UploadOptions): Promise<UploadResult> {
  throw new Error('not yet');
}
