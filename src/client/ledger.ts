import type { MaskClientError, UploadFailure } from './errors.js';
import type { Progress } from './progress.js';
import type { Mask } from './types.js';

/** What has become of each file. A file is settled once: recorded, or given up on. */
export interface Ledger {
  done(index: number, mask: Mask): void;
  fail(index: number, error: MaskClientError): void;
  /** Files of which neither is known yet. */
  open(): number;
  /** Resolves when there are none. */
  settled: Promise<void>;
  /** In the order of the files. */
  masks: readonly (Mask | undefined)[];
  failures(): UploadFailure[];
}

export function createLedger(count: number, progress: Progress): Ledger {
  const masks: (Mask | undefined)[] = Array.from({ length: count });
  const failures = new Map<number, UploadFailure>();
  let open = count;
  let settle: () => void = () => undefined;
  const settled = new Promise<void>((resolve) => {
    settle = resolve;
  });

  function close(index: number): boolean {
    if (masks[index] || failures.has(index)) return false;
    open--;
    return true;
  }

  return {
    done(index, mask) {
      if (!close(index)) return;
      masks[index] = mask;
      progress.status(index, 'done');
      if (open === 0) settle();
    },
    fail(index, error) {
      if (!close(index)) return;
      const { code, message, retryable } = error;
      failures.set(index, { index, code, message, retryable });
      progress.status(index, 'failed', error);
      if (open === 0) settle();
    },
    open: () => open,
    settled,
    masks,
    failures: () => [...failures.values()].sort((a, b) => a.index - b.index),
  };
}
