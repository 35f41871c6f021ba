import { setTimeout as delay } from 'node:timers/promises';

/**
 * Asks `condition` until it answers something truthy, and resolves to that answer. What it throws counts as "not yet"
 * and is the `cause` when the time (`timeoutMs`, default 10,000) is up; `message` completes "timed out waiting for …".
 */
export async function waitFor<T>(
  condition: () => T | Promise<T>,
  { timeoutMs = 10_000, intervalMs = 25, message = 'the condition' } = {},
): Promise<NonNullable<Exclude<T, false | 0 | ''>>> {
  const deadline = performance.now() + timeoutMs;
  let cause: unknown;
  for (;;) {
    try {
      const answer = await condition();
      if (answer) return answer as NonNullable<Exclude<T, false | 0 | ''>>;
      cause = undefined;
    } catch (error) {
      cause = error;
    }
    if (performance.now() >= deadline) {
      throw new Error(`timed out after ${timeoutMs} ms waiting for ${message}`, { cause });
    }
    await delay(intervalMs);
  }
}
