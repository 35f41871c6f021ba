import type { Knex } from 'knex';
import type { Storage } from './pacs-mask-upload.js';

const TIMEOUT_MS = 3000;

type Health =
  | { status: 'ok' }
  | { status: 'unavailable'; database: 'ok' | 'unavailable'; storage: 'ok' | 'unavailable' };

/** Asks both of what the server cannot do without. */
export function createHealthCheck(knex: Knex, storage: Storage): () => Promise<Health> {
  return async () => {
    const [database, objects] = await Promise.all([
      answers(knex.raw('select 1')),
      answers(storage.list('health/')[Symbol.asyncIterator]().next()),
    ]);
    if (database && objects) return { status: 'ok' };
    const word = (ok: boolean) => (ok ? 'ok' : 'unavailable');
    return { status: 'unavailable', database: word(database), storage: word(objects) };
  };
}

async function answers(question: PromiseLike<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<boolean>((resolve) => {
    timer = setTimeout(resolve, TIMEOUT_MS, false);
  });
  const answer = Promise.resolve(question).then(
    () => true,
    () => false,
  );
  return Promise.race([answer, tooLate]).finally(() => clearTimeout(timer));
}
