import type { ObjectKey } from '../domain/types.js';
import { deleteOldAudit } from '../repositories/audit.js';
import type { Database } from '../repositories/database.js';
import {
  type ClaimedDeletion,
  claimDeletions,
  countDeletions,
  postponeDeletions,
  settleDeletions,
} from '../repositories/deletions.js';
import type { SchemaLoader } from '../repositories/schema.js';
import { deleteExpiredUploads } from '../repositories/uploads.js';
import type { Storage } from '../storage/storage.js';
import { forEach } from './concurrency.js';
import type { Settings } from './options.js';

/** How many keys one step takes; also what S3 deletes in one request. */
const BATCH = 1000;

/**
 * A step has this long before another process may take its keys: until about the next sweep. Where that is too short the
 * same keys are deleted twice, which does no harm; where it is too long, those of a process that died wait.
 */
function leaseSeconds({ sweepIntervalSeconds }: Settings): number {
  return Math.min(Math.max(Math.ceil(sweepIntervalSeconds), 5), 60);
}

/** Unfinished uploads are ended one by one, so many at the same time, for the first part of that. */
const ABORTED_AT_ONCE = 16;
const ABORT_SECONDS = 20;

export interface SweepResult {
  expiredUploads: number;
  deletedObjects: number;
  /** Deletions that failed and were put off. */
  failedDeletions: number;
}

/** Dead uploads → queue → objects. Any number of processes may run it at the same time. */
export interface Upkeep {
  /** One whole run. Rejects when the database or the schema cannot be used. */
  sweep(): Promise<SweepResult>;
  /** Works the deletion queue off soon, without making the caller wait or fail. */
  drainSoon(): void;
  /** Runs `sweep` every `sweepIntervalSeconds`, with jitter, without keeping the process alive. */
  start(): void;
  /** Stops the timer and waits for what is under way. */
  stop(): Promise<void>;
}

export function createUpkeep({
  database,
  loadSchema,
  storage,
  settings,
}: {
  database: Database;
  loadSchema: SchemaLoader;
  storage: Storage;
  settings: Settings;
}): Upkeep {
  const { deletionGraceSeconds: grace, onEvent } = settings;
  const lease = leaseSeconds(settings);
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  let draining = false;
  let drainAgain = false;
  const underWay = new Set<Promise<unknown>>();

  async function drain(): Promise<{ deletedObjects: number; failedDeletions: number }> {
    const schema = await loadSchema();
    const total = { deletedObjects: 0, failedDeletions: 0 };
    while (!stopped) {
      const claimed = await database.write((session) => claimDeletions(session, schema, BATCH, lease, grace));
      if (claimed.length === 0) break;
      // nothing is held open meanwhile; if this process dies here, the lease ends and another one repeats it
      const keys = claimed.map(({ file_path }) => file_path);
      const failed = new Set<string>(await failedKeys(claimed));
      const deleted = claimed.filter(({ file_path }) => !failed.has(file_path));
      await database.write(async (session) => {
        await settleDeletions(session, schema, deleted, grace);
        const again = keys.filter((key) => failed.has(key));
        if (again.length > 0) await postponeDeletions(session, schema, again, settings.sweepIntervalSeconds);
      });
      total.deletedObjects += deleted.length;
      total.failedDeletions += failed.size;
      onEvent({ type: 'objects-deleted', count: deleted.length, failed: failed.size });
    }
    return total;
  }

  /** Unfinished uploads go before objects. A store that cannot be asked at all has deleted none of them. */
  async function failedKeys(claimed: readonly ClaimedDeletion[]): Promise<readonly string[]> {
    const inParts = claimed.filter(({ multipart }) => multipart).map(({ file_path }) => file_path);
    const unfinished = await failedAborts(inParts);
    const keys = claimed.map(({ file_path }) => file_path).filter((key) => !unfinished.has(key));
    try {
      return [...unfinished, ...(await storage.delete(keys)).map(({ key }) => key)];
    } catch (error) {
      onEvent({ type: 'upkeep-failed', error });
      return [...unfinished, ...keys];
    }
  }

  /** The lease is for all of them: what a slow store has no time for is put off, as if it had failed. */
  async function failedAborts(keys: readonly ObjectKey[]): Promise<ReadonlySet<string>> {
    const failed = new Set<string>(keys);
    const errors: unknown[] = [];
    const until = performance.now() + ABORT_SECONDS * 1000;
    await forEach(keys, ABORTED_AT_ONCE, undefined, async (key) => {
      if (performance.now() > until) return;
      await storage.abortMultipart(key).then(
        () => failed.delete(key),
        (error) => errors.push(error),
      );
    });
    if (errors.length > 0) onEvent({ type: 'upkeep-failed', error: errors[0] });
    return failed;
  }

  async function sweep(): Promise<SweepResult> {
    const startedAt = performance.now();
    const schema = await loadSchema();
    let expiredUploads = 0;
    for (let count = BATCH; count === BATCH && !stopped; ) {
      count = await database.write((session) => deleteExpiredUploads(session, schema, BATCH));
      expiredUploads += count;
    }
    const days = settings.auditRetentionDays;
    for (let count = BATCH; days !== null && count === BATCH && !stopped; ) {
      count = await database.write((session) => deleteOldAudit(session, schema, days, BATCH));
    }
    if (expiredUploads > 0) onEvent({ type: 'uploads-expired', count: expiredUploads });
    const drained = await drain();
    const queued = await database.read((session) => countDeletions(session, schema));
    onEvent({ type: 'upkeep-finished', queued, durationMs: performance.now() - startedAt });
    return { expiredUploads, ...drained };
  }

  function track(work: Promise<unknown>): Promise<unknown> {
    const tracked = work.catch((error: unknown) => onEvent({ type: 'upkeep-failed', error }));
    underWay.add(tracked);
    return tracked.finally(() => underWay.delete(tracked));
  }

  function schedule(): void {
    if (stopped) return;
    const delay = settings.sweepIntervalSeconds * 1000 * (0.75 + 0.5 * Math.random());
    timer = setTimeout(() => void track(sweep()).then(schedule), delay);
    timer.unref();
  }

  function drainSoon(): void {
    if (stopped) return;
    if (draining) {
      drainAgain = true;
      return;
    }
    draining = true;
    void track(drain()).then(() => {
      draining = false;
      if (drainAgain) {
        drainAgain = false;
        drainSoon();
      }
    });
  }

  return {
    sweep,
    drainSoon,
    start: () => {
      if (timer === undefined) schedule();
    },
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await Promise.all(underWay);
    },
  };
}
