import { setMaxListeners } from 'node:events';
import { createContext } from './context.js';
import type { MaskUploadOptions } from './options.js';
import { type ReconcileOptions, reconcile } from './reconcile.js';
import type { ReconcileReport } from './reconcile-report.js';
import type { SweepResult } from './upkeep.js';

/** The upkeep on its own, for hosts that run it apart from their web processes (`maintenance: false` there). */
export interface MaskUploadMaintenance {
  /** One run: gives up dead uploads, deletes what is queued. Any number of processes may run it at once. */
  sweep(): Promise<SweepResult>;
  /**
   * Compares masks with objects and objects with the tables, and reports: objects that are missing, of wrong size or
   * (with `checksums`) of wrong bytes, objects that no table knows, and uploads in parts that nobody can complete. With
   * `repair` unknown objects are queued for deletion, a week ahead, and such uploads ended that are a week old. Deletes no
   * object itself. Runs beside uploads, deletions and sweeps.
   */
  reconcile(options?: ReconcileOptions): Promise<ReconcileReport>;
  /** Runs `sweep` every `sweepIntervalSeconds`. Does not keep the process alive. */
  start(): void;
  /** Stops, `reconcile` included, and waits for what is under way. */
  stop(): Promise<void>;
}

export function createMaskUploadMaintenance(options: MaskUploadOptions): MaskUploadMaintenance {
  const context = createContext(options);
  const { sweep, start, stop } = context.upkeep;
  const stopping = new AbortController();
  // one for each object that is looked at
  setMaxListeners(0, stopping.signal);
  const reconciling = new Set<Promise<unknown>>();
  return {
    sweep,
    start,
    async reconcile(asked = {}) {
      const signal = asked.signal ? AbortSignal.any([stopping.signal, asked.signal]) : stopping.signal;
      setMaxListeners(0, signal);
      const run = reconcile(context, { ...asked, signal });
      reconciling.add(run);
      try {
        return await run;
      } finally {
        reconciling.delete(run);
      }
    },
    async stop() {
      stopping.abort(new Error('The maintenance was stopped.'));
      await Promise.allSettled([stop(), ...reconciling]);
    },
  };
}
