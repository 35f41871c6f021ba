import { enqueueUnknown } from '../repositories/reconcile.js';
import type { Context } from './context.js';
import { checkNumber } from './options.js';
import { reconcileMasks } from './reconcile-masks.js';
import { endUnfinished, unfinishedUploads } from './reconcile-multiparts.js';
import { canBeQueued, orphanedObjects } from './reconcile-objects.js';
import { createFindings, type ReconcileFinding, type ReconcileReport, type Repair } from './reconcile-report.js';
import type { ReconcileRun } from './reconcile-run.js';
import { storageCall } from './storage-call.js';

export interface ReconcileOptions {
  /** Reads every object again and compares its SHA-256, not only its size. Takes as long as reading them all. */
  checksums?: boolean | undefined;
  /**
   * Queues orphaned objects for deletion, and ends uploads in parts that were forgotten in the store. Nothing else is ever
   * repaired, and no mask row is ever deleted.
   */
  repair?: boolean | undefined;
  /** Repairs even when more than 1 % of the objects look orphaned. Be sure that no backup is coming back. */
  force?: boolean | undefined;
  /**
   * Seconds until a queued orphan is deleted, unless its mask has come back by then; and since when an upload in parts
   * must have been forgotten. Default 604,800, a week.
   */
  orphanDelaySeconds?: number | undefined;
  /** Gets every finding, one after the other; the report lists only the first thousand of each kind. */
  onFinding?: ((finding: ReconcileFinding) => void | Promise<void>) | undefined;
  /** Ends the run at the next step; it rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
}

const WEEK_SECONDS = 7 * 86_400;

/** So many orphans, or one in a hundred objects, are an accident here and there; more are a database that forgot. */
const FEW_ORPHANS = 10;
const SHARE_OF_ORPHANS = 0.01;

/**
 * Compares the masks with the object store, and the objects of this installation with the tables. Works while uploads
 * and deletions go on, in constant memory, and holds no connection while it asks the store.
 *
 * @throws MaskUploadError `storage-unavailable`, `database-unavailable`, `schema-mismatch`; RangeError for an option;
 *   the signal's reason; whatever `onFinding` throws. Nothing was deleted then.
 */
export async function reconcile(context: Context, options: ReconcileOptions = {}): Promise<ReconcileReport> {
  const { signal, onFinding } = options;
  const delaySeconds = checkNumber('orphanDelaySeconds', options.orphanDelaySeconds ?? WEEK_SECONDS, { least: 0 });
  const { report, add } = createFindings(onFinding);
  try {
    signal?.throwIfAborted();
    const schema = await context.loadSchema();
    const run: ReconcileRun = { context, schema, signal };
    return await storageCall(async () => {
      for await (const { checked, findings } of reconcileMasks(run, options.checksums === true)) {
        report.masks.checked += checked;
        for (const finding of findings) await add(finding);
      }
      for await (const { checked, findings } of orphanedObjects(run)) {
        report.objects.checked += checked;
        for (const finding of findings) await add(finding);
      }
      for await (const { checked, findings } of unfinishedUploads(run)) {
        report.uploads.checked += checked;
        for (const { key, startedAt } of findings) {
          await add({ kind: 'unfinished', key, startedAt: startedAt.toISOString() });
        }
      }
      if (options.repair === true) {
        report.repair = await repair(run, report, delaySeconds, options.force === true);
        // a database that has forgotten masks may have forgotten uploads, too
        if (report.repair.refused === null && report.counts.unfinished > 0) {
          report.uploads.ended = await endUnfinished(run, delaySeconds);
        }
      }
      return report;
    });
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
}

/**
 * Queues orphans, so far ahead that a mistake can be noticed. A database restored to an hour ago has forgotten the masks
 * of that hour, and a copy of a database knows none of the original's later ones: to both, what is somebody's looks
 * orphaned. That is why many orphans are refused.
 */
async function repair(
  run: ReconcileRun,
  { counts, objects }: ReconcileReport,
  delaySeconds: number,
  force: boolean,
): Promise<Repair> {
  const allowed = force ? Number.POSITIVE_INFINITY : Math.max(FEW_ORPHANS, objects.checked * SHARE_OF_ORPHANS);
  let enqueued = 0;
  if (counts.orphaned > allowed) return { enqueued, refused: REFUSED };
  for await (const orphans of counts.orphaned === objects.orphaned.length ? [objects.orphaned] : listAgain(run)) {
    run.signal?.throwIfAborted();
    const keys = orphans.map(({ key }) => key).filter(canBeQueued);
    // the second list may show more than the first
    if (enqueued + keys.length > allowed) return { enqueued, refused: REFUSED };
    const { context, schema } = run;
    enqueued += await context.database.write((session) => enqueueUnknown(session, schema, keys, delaySeconds));
  }
  return { enqueued, refused: null };
}

const REFUSED =
  'More than 1 % of the objects are in no table, so they were not queued. Was this database restored from a backup, ' +
  'or is it a copy that works on the same store? If these objects really belong to nobody, pass force: true.';

async function* listAgain(run: ReconcileRun) {
  for await (const { findings } of orphanedObjects(run)) yield findings;
}
