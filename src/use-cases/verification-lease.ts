import { setTimeout as delay } from 'node:timers/promises';
import {
  type LeaseTimes,
  releaseLease,
  renewLease,
  takeLease,
  type VerificationLease,
} from '../repositories/verification-leases.js';
import type { Context, GroupScope } from './context.js';

/** A process that dies keeps the others waiting for at most this long. */
const LEASE_SECONDS = 30;

/** Whoever was answered "verification in progress" has this long to come back for the result. */
const LIFE_AFTER_SECONDS = 300;

/**
 * Runs `work` in one process at a time for each upload. The lease is renewed at a third of its time and released at the
 * end; meanwhile the upload does not expire. A database that is away for a while ends nothing.
 *
 * @param work gets a signal that says to stop: the lease was lost, the upload is gone, or this process is closing.
 * @returns undefined when another process holds the lease, there is nothing to verify any more, or `work` was stopped.
 */
export async function withLease<T>(
  context: Context,
  { schema, groupId }: GroupScope,
  uploadId: string,
  work: (signal: AbortSignal) => Promise<T>,
  leaseSeconds = LEASE_SECONDS,
): Promise<T | undefined> {
  const { database, closing } = context;
  const times: LeaseTimes = { leaseSeconds, lifeAfterSeconds: LIFE_AFTER_SECONDS };
  const taken = await database.write((session) => takeLease(session, schema, groupId, uploadId, times));
  if (taken === undefined) return undefined;
  let lease: VerificationLease = taken;

  const stop = new AbortController();
  const stopNow = () => stop.abort();
  const done = new AbortController();
  async function renew(): Promise<void> {
    for (;;) {
      const waited = await delay((leaseSeconds * 1000) / 3, true, { signal: done.signal, ref: false }).catch(
        () => false,
      );
      if (!waited) return;
      try {
        const renewed = await database.write((session) => renewLease(session, schema, groupId, uploadId, lease, times));
        if (renewed === undefined) return stopNow();
        lease = renewed;
      } catch {
        // the lease may well outlive what ails the database; if not, renewing says so
      }
    }
  }

  const renewing = renew();
  if (closing.aborted) stopNow();
  closing.addEventListener('abort', stopNow);
  try {
    return await work(stop.signal);
  } catch (error) {
    if (stop.signal.aborted) return undefined;
    throw error;
  } finally {
    closing.removeEventListener('abort', stopNow);
    done.abort();
    await renewing;
    // at worst it ends by itself
    await database.write((session) => releaseLease(session, schema, groupId, uploadId, lease)).catch(() => undefined);
  }
}
