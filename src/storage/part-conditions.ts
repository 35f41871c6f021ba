import { assertTtl } from './signing-window.js';
import type { PartConditions } from './storage.js';

/** S3's limit: https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html */
const MAX_PART_NUMBER = 10_000;

/** Anything else is a mistake of the calling code: a TypeError or RangeError, not an error of the API. */
export function assertPartConditions({ id, partNumber, contentLength, ttlSeconds }: PartConditions): void {
  assertTtl(ttlSeconds);
  if (typeof id !== 'string' || id === '') throw new TypeError('id must name an unfinished upload');
  if (!Number.isInteger(partNumber) || partNumber < 1 || partNumber > MAX_PART_NUMBER) {
    throw new RangeError(`partNumber must be between 1 and ${MAX_PART_NUMBER}`);
  }
  if (!Number.isSafeInteger(contentLength) || contentLength < 1) throw new RangeError('contentLength must be ≥ 1');
}
