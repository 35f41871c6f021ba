const MAX_TTL_SECONDS = 604_800;

/**
 * A life of a signed URL, in whole seconds from 1 to 604,800 (a week, the most that Signature Version 4 signs for).
 * Anything else is a mistake of the calling code: a TypeError or RangeError, not an error of the API.
 */
export function assertTtl(ttlSeconds: number): void {
  if (!Number.isInteger(ttlSeconds)) throw new TypeError('ttlSeconds must be a whole number of seconds');
  if (ttlSeconds < 1 || ttlSeconds > MAX_TTL_SECONDS) {
    throw new RangeError(`ttlSeconds must be between 1 and ${MAX_TTL_SECONDS}`);
  }
}

/**
 * When a download URL says it was signed, and when it dies. The signing date is floored to a multiple of half the life,
 * so every URL signed within that window is the same URL (caches hit) and at least half of its life is left.
 *
 * A life of one second has no half in whole seconds: it is not floored, and its URL is not stable.
 *
 * @param now milliseconds since 1970
 */
export function signingWindow(ttlSeconds: number, now: number = Date.now()): { signingDate: Date; expiresAt: Date } {
  assertTtl(ttlSeconds);
  const windowMs = Math.floor(ttlSeconds / 2) * 1000;
  const signedAt = windowMs === 0 ? now : now - (now % windowMs);
  return { signingDate: new Date(signedAt), expiresAt: new Date(signedAt + ttlSeconds * 1000) };
}
