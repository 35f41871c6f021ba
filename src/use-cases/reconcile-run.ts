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

/** Steps of what is listed. */
export async function* inSteps<T>(items: AsyncIterable<T>, signal: AbortSignal | undefined): AsyncGenerator<T[]> {
  let step: T[] = [];
  for await (const item of items) {
    signal?.throwIfAborted();
    step.push(item);
    if (step.length < STEP) continue;
    yield step;
    step = [];
  }
  if (step.length > 0) yield step;
}
