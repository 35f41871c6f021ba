import { createContext } from './context.js';
import type { MaskUploadOptions } from './options.js';
import type { SweepResult } from './upkeep.js';

/** The upkeep on its own, for hosts that run it apart from their web processes (`maintenance: false` there). */
export interface MaskUploadMaintenance {
  /** One run: gives up dead uploads, deletes what is queued. Any number of processes may run it at once. */
  sweep(): Promise<SweepResult>;
  /** Runs `sweep` every `sweepIntervalSeconds`. Does not keep the process alive. */
  start(): void;
  /** Stops and waits for what is under way. */
  stop(): Promise<void>;
}

export function createMaskUploadMaintenance(options: MaskUploadOptions): MaskUploadMaintenance {
  const { sweep, start, stop } = createContext(options).upkeep;
  return { sweep, start, stop };
}
