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

/**
 * Maps in order, with up to `ahead` items under way before their turn; fewer when together they weigh more than `most`.
 */
export async function* mapAhead<T, R>(
  items: Iterable<T> | AsyncIterable<T>,
  { ahead, weigh = () => 0, most = 0 }: { ahead: number; weigh?: (item: T) => number; most?: number },
  work: (item: T) => Promise<R>,
): AsyncGenerator<R, void, undefined> {
  const underWay: { result: Promise<R>; weight: number }[] = [];
  let weight = 0;
  const take = () => {
    const first = underWay.shift();
    weight -= first?.weight ?? 0;
    return first?.result as Promise<R>;
  };
  for await (const item of items) {
    while (underWay.length >= ahead || (underWay.length > 0 && weight + weigh(item) > most)) yield await take();
    const result = work(item);
    result.catch(() => undefined); // told when its turn comes
    underWay.push({ result, weight: weigh(item) });
    weight += weigh(item);
  }
  while (underWay.length > 0) yield await take();
}
