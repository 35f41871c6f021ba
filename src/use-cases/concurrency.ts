/** Runs a task, when its turn comes. */
export type Limiter = <T>(task: () => Promise<T>) => Promise<T>;

/** Lets at most `limit` tasks run at the same time; the others wait in order. */
export function createLimiter(limit: number): Limiter {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (task) => {
    if (running >= limit) await new Promise<void>((resolve) => waiting.push(resolve));
    else running++;
    try {
      return await task();
    } finally {
      // the place goes to the next in line, or back
      const next = waiting.shift();
      if (next) next();
      else running--;
    }
  };
}

/** Maps in order, giving other work a turn on the event loop after every `chunk` items. */
export async function mapInChunks<T, R>(
  items: readonly T[],
  chunk: number,
  map: (item: T, index: number) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  for (let start = 0; start < items.length; start += chunk) {
    if (start > 0) await new Promise<void>((resolve) => setImmediate(resolve));
    const batch = items.slice(start, start + chunk);
    results.push(...(await Promise.all(batch.map((item, offset) => map(item, start + offset)))));
  }
  return results;
}

/**
 * Maps in order, having at most `ahead` items under way before they are asked for. What is still under way when the
 * caller stops early is left alone: end it by a signal of your own.
 */
export async function* mapAhead<T, R>(
  items: AsyncIterable<T>,
  ahead: number,
  map: (item: T) => Promise<R>,
): AsyncGenerator<R, void, undefined> {
  const underWay: Promise<R>[] = [];
  for await (const item of items) {
    const result = map(item);
    // it may fail long before its turn, when it is told to whoever asks for it
    result.catch(() => undefined);
    underWay.push(result);
    if (underWay.length >= ahead) yield await (underWay.shift() as Promise<R>);
  }
  for (const result of underWay) yield await result;
}

/**
 * Does `work` for every item, `limit` at the same time. After a failure or an abort nothing more is begun; it rejects
 * when all that was under way is over.
 */
export async function forEach<T>(
  items: readonly T[],
  limit: number,
  signal: AbortSignal | undefined,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const left = items.values();
  let failed = false;
  async function worker(): Promise<void> {
    for (const item of left) {
      if (failed) return;
      try {
        signal?.throwIfAborted();
        await work(item);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  }
  const workers = await Promise.allSettled(Array.from({ length: Math.min(limit, items.length) }, worker));
  for (const one of workers) if (one.status === 'rejected') throw one.reason;
}
