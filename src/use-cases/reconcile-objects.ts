import type { ObjectKey } from '../domain/types.js';
import { unknownKeys } from '../repositories/reconcile.js';
import { isStorageError, type ListedObject } from '../storage/storage.js';
import { forEach } from './concurrency.js';
import type { OrphanFinding } from './reconcile-report.js';
import { inSteps, type ReconcileRun, type ReconcileStep } from './reconcile-run.js';

/**
 * Looks every object of this installation up in the tables. Others may keep theirs in the same store: only what is under
 * this installation's own prefix is ever listed.
 *
 * A pending row is committed before its URL is handed out, and a key moves between tables in one transaction: an object
 * that is in none of them was either just deleted for good, which the store tells, or is orphaned.
 */
export async function* orphanedObjects({
  context,
  schema,
  signal,
}: ReconcileRun): AsyncGenerator<ReconcileStep<OrphanFinding>> {
  const { database, storage, settings } = context;
  const prefix = `${settings.keyPrefix}/${schema.installation}/`;
  for await (const objects of inSteps(storage.list(prefix), signal)) {
    const keys = objects.map(({ key }) => key).filter(canBeQueued);
    const unknown = await database.read((session) => unknownKeys(session, schema, keys));
    const suspects = objects.filter(({ key }) => unknown.has(key) || !canBeQueued(key));
    const findings: OrphanFinding[] = [];
    await forEach(suspects, settings.verifyConcurrency, signal, async (object) => {
      if (await exists(object)) findings.push(asFinding(object));
    });
    yield { checked: objects.length, findings };
  }

  async function exists({ key }: ListedObject): Promise<boolean> {
    try {
      await storage.head(key as ObjectKey, { signal });
      return true;
    } catch (error) {
      if (isStorageError(error) && error.code === 'no-such-key') return false;
      throw error;
    }
  }
}

/** PostgreSQL's text holds every key but this; it was never one of ours. */
export function canBeQueued(key: string): boolean {
  return !key.includes('\0');
}

function asFinding({ key, size, lastModified }: ListedObject): OrphanFinding {
  return { kind: 'orphaned', key, size, lastModified: lastModified.toISOString() };
}
