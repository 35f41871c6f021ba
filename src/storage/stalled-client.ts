import type { ServerResponse } from 'node:http';

const STALLED_MS = 60_000;

/**
 * Cuts a client off that takes nothing of what is there for so long: its download holds an open file, or a connection to
 * the store. When nothing waits to be taken, it is the client that waits: for the store, or its turn.
 */
export function cutOffStalled(res: ServerResponse, stalledMs = STALLED_MS): void {
  res.setTimeout(stalledMs, () => {
    if (res.writableLength > 0) res.destroy();
  });
}
