import { MaskUploadError } from '../domain/errors.js';
import { isUuid } from '../domain/object-key.js';
import type { UploadScope } from './context.js';

export function uploadNotFound(): MaskUploadError {
  return new MaskUploadError(
    'upload-not-found',
    'This group has no such pending upload: never signed here, expired, given up or completed.',
  );
}

/** @throws MaskUploadError `upload-not-found`: what is not spelled as we spell our ids names nothing. */
export function checkUploadId({ uploadId }: UploadScope): string {
  if (typeof uploadId !== 'string' || !isUuid(uploadId)) throw uploadNotFound();
  return uploadId;
}
