import { pause } from './deadline.js';
import { isMaskClientError } from './errors.js';

/** Some half a minute in all, on average: an outage of a few seconds is not noticed. */
export const ATTEMPTS = 12;
const FIRST_WAIT_MS = 300;
const LONGEST_WAIT_MS = 10_000;
const LONGEST_RETRY_AFTER_MS = 60_000;

/** Exponential back-off with full jitter, so that many clients do not come back all at once; Retry-After is honoured. */
export function waitMs(attempt: number, retryAfterSeconds?: number): number {
  const jittered = Math.random() * Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** attempt);
  if (retryAfterSeconds === undefined) return jittered;
  return Math.min(retryAfterSeconds * 1000, LONGEST_RETRY_AFTER_MS) + Math.min(jittered, 1000);
}

/** Repeats a call of the API that failed for a reason that may pass. Only for calls that may be made twice. */
export async function repeat<T>(work: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      const again = isMaskClientError(error) && error.retryable && error.code !== 'aborted' && attempt + 1 < ATTEMPTS;
      if (!again) throw error;
      await pause(waitMs(attempt, error.retryAfterSeconds), signal);
    }
  }
}
