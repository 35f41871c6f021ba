import { aborted } from './errors.js';
import { nodeBuiltin } from './node-builtin.js';

/**
 * Runs `work` with a signal that follows `signal` and is aborted after `ms`, too. Not AbortSignal.any, which browsers
 * have only since 2024.
 */
export async function withDeadline<T>(
  signal: AbortSignal | undefined,
  ms: number,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  if (signal?.aborted) throw aborted();
  const controller = new AbortController();
  const stop = () => controller.abort();
  const timer = setTimeout(stop, ms);
  signal?.addEventListener('abort', stop);
  try {
    return await work(controller.signal);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', stop);
  }
}

/** Node warns of a leak from the eleventh listener on; one for each request under way is none. */
export function manyListeners(signal: AbortSignal): void {
  const events = nodeBuiltin<{ setMaxListeners(most: number, target: AbortSignal): void }>('node:events');
  events?.setMaxListeners(0, signal);
}

/** Resolves after `ms`; rejects with `aborted` as soon as the signal is. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(aborted());
    const stop = () => {
      clearTimeout(timer);
      reject(aborted());
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, ms);
    signal?.addEventListener('abort', stop);
  });
}

/** What a timer takes, some 25 days: it would go off at once for more, and for Infinity. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** A deadline that every call of `touch` puts off again; none at all for Infinity. */
export function idleTimer(wanted: number, onIdle: () => void): { touch(): void; end(): void } {
  const ms = Math.min(wanted, LONGEST_TIMER_MS);
  let timer = setTimeout(onIdle, ms);
  return {
    touch() {
      clearTimeout(timer);
      timer = setTimeout(onIdle, ms);
    },
    end: () => clearTimeout(timer),
  };
}
