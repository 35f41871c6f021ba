export type Limiter = <T>(work: () => Promise<T>) => Promise<T>;

/** Runs at most `most` pieces of work at once, the others in the order in which they came. */
export function createLimiter(most: number): Limiter {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (work) => {
    if (running >= most) await new Promise<void>((resolve) => waiting.push(resolve));
    else running++;
    try {
      return await work();
    } finally {
      // a place goes from hand to hand, so that nobody who comes meanwhile can take it
      const next = waiting.shift();
      if (next) next();
      else running--;
    }
  };
}

/** Maps in order with up to `ahead` items under way before their turn, and no more than that held in memory. */
export async function* mapAhead<T, R>(
  items: Iterable<T> | AsyncIterable<T>,
  ahead: number,
  work: (item: T) => Promise<R>,
): AsyncGenerator<R, void, undefined> {
  const underWay: Promise<R>[] = [];
  for await (const item of items) {
    const begun = work(item);
    begun.catch(() => undefined); // told when its turn comes
    underWay.push(begun);
    if (underWay.length >= ahead) yield (await underWay.shift()) as R;
  }
  for (const begun of underWay) yield await begun;
}
