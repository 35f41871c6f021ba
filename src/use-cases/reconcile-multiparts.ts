import type { ObjectKey } from '../domain/types.js';
import { pendingOrQueued } from '../repositories/reconcile.js';
import { isStorageError, type ListedMultipart } from '../storage/storage.js';
import { forEach } from './concurrency.js';
import { canBeQueued } from './reconcile-objects.js';
import { inSteps, type ReconcileRun, type ReconcileStep } from './reconcile-run.js';

/**
 * Finds uploads in parts that the store keeps although nobody can complete them any more: their key is neither pending
 * nor queued. A pending row is there before the store's upload is, and no key becomes pending twice, so what is listed
 * and then not pending never will be. A process that died at the wrong moment leaves one, under a mask's key as well.
 */
export async function* unfinishedUploads({
  context,
  schema,
  signal,
}: ReconcileRun): AsyncGenerator<ReconcileStep<ListedMultipart>> {
  const { database, storage, settings } = context;
  const prefix = `${settings.keyPrefix}/${schema.installation}/`;
  for await (const uploads of inSteps(supported(storage.listMultiparts(prefix)), signal)) {
    const keys = uploads.map(({ key }) => key).filter(canBeQueued);
    const expected = await database.read((session) => pendingOrQueued(session, schema, keys));
    const suspects = uploads.filter(({ key }) => !expected.has(key));
    const findings: ListedMultipart[] = [];
    await forEach(suspects, settings.verifyConcurrency, signal, async (upload) => {
      if (await isThere(upload)) findings.push(upload);
    });
    yield { checked: uploads.length, findings };
  }

  async function isThere({ key, id }: ListedMultipart): Promise<boolean> {
    try {
      await storage.listParts(key as ObjectKey, id, { signal });
      return true;
    } catch (error) {
      if (isStorageError(error) && error.code === 'no-such-upload') return false;
      throw error;
    }
  }
}

/** Ends those that began so long ago. Their key may be a mask's: its object is another thing, and stays. */
export async function endUnfinished(run: ReconcileRun, olderThanSeconds: number): Promise<number> {
  const { storage, settings } = run.context;
  let ended = 0;
  for await (const { findings } of unfinishedUploads(run)) {
    const old = findings.filter(({ startedAt }) => Date.now() - startedAt.getTime() >= olderThanSeconds * 1000);
    await forEach(old, settings.verifyConcurrency, run.signal, async ({ key, id }) => {
      await storage.abortMultipart(key as ObjectKey, id);
      ended++;
    });
  }
  return ended;
}

/** A store that does not do uploads in parts keeps none. */
async function* supported(uploads: AsyncIterable<ListedMultipart>): AsyncGenerator<ListedMultipart> {
  try {
    yield* uploads;
  } catch (error) {
    if (!isStorageError(error) || error.code !== 'unsupported') throw error;
  }
}
