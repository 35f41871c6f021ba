import type { Schema } from '../repositories/schema.js';
import type { Context } from './context.js';

/** What the steps of one `reconcile` share. */
export interface ReconcileRun {
  context: Context;
  schema: Schema;
  signal: AbortSignal | undefined;
}

/** What one step looked at, and what it found. */
export interface ReconcileStep<Finding> {
  checked: number;
  findings: Finding[];
}

/** Rows or keys in one step: what a statement takes easily, and all that is ever held in memory. */
export const STEP = 1000;

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
