import type { MaskClientError } from './errors.js';
import type { FileProgress, FileStatus, UploadPhase, UploadProgress } from './types.js';

const BYTES_EVERY_MS = 100;
const TICK_MS = 1000;
/** What "at the moment" means for the rate. */
const WINDOW_MS = 5000;

export interface Progress {
  readonly groupId: number | null;
  /** There is a group. */
  opened(groupId: number): void;
  /** Says which phase it is from now on. */
  enter(phase: UploadPhase): void;
  status(index: number, status: FileStatus, error?: MaskClientError): void;
  /** The size to send has become known. */
  total(index: number, bytes: number): void;
  /** Bytes of the file that are with the store, as far as this attempt goes. `moved` counts for the rate. */
  sent(index: number, bytes: number, moved?: boolean): void;
  /** The last word. */
  end(phase: 'done' | 'failed' | 'aborted'): void;
}

/** Keeps the books of an upload and tells `onProgress`: of every change of status at once, of bytes ten times a second. */
export function createProgress(sizes: readonly number[], onProgress?: (progress: UploadProgress) => void): Progress {
  const files = sizes.map((total, index): FileProgress => ({ index, sent: 0, total, status: 'waiting' }));
  const bytes = { sent: 0, total: sizes.reduce((sum, size) => sum + size, 0) };
  const counts = { done: 0, failed: 0, total: sizes.length };
  const toldAt = new Map<number, number>();
  const samples = [{ at: performance.now(), moved: 0 }];
  let moved = 0;
  let phase: UploadPhase = 'preparing';
  let groupId: number | null = null;
  let ended = false;
  const ticking = onProgress && setInterval(() => tell(), TICK_MS);

  function rate(): number {
    const now = performance.now();
    samples.push({ at: now, moved });
    while (samples.length > 2 && now - (samples[1]?.at ?? now) > WINDOW_MS) samples.shift();
    const [first] = samples;
    const seconds = first ? (now - first.at) / 1000 : 0;
    return first && seconds > 0 ? Math.round((moved - first.moved) / seconds) : 0;
  }

  function tell(file?: FileProgress): void {
    if (!onProgress || ended) return;
    const bytesPerSecond = rate();
    onProgress({
      groupId,
      phase,
      files: { ...counts },
      bytes: { ...bytes },
      bytesPerSecond,
      secondsLeft: bytesPerSecond > 0 ? Math.ceil((bytes.total - bytes.sent) / bytesPerSecond) : null,
      ...(file && { file: { ...file } }),
    });
  }

  function setSent(file: FileProgress, sent: number): void {
    bytes.sent += sent - file.sent;
    file.sent = sent;
  }

  return {
    get groupId() {
      return groupId;
    },
    opened(id) {
      groupId = id;
      tell();
    },
    enter(next) {
      if (phase === next) return;
      phase = next;
      tell();
    },
    status(index, status, error) {
      const file = files[index];
      if (!file || file.status === status) return;
      if (status === 'done') counts.done++;
      if (status === 'failed') counts.failed++;
      file.status = status;
      if (error) file.error = error;
      if (status === 'done') setSent(file, file.total);
      tell(file);
    },
    total(index, total) {
      const file = files[index];
      if (!file) return;
      bytes.total += total - file.total;
      file.total = total;
    },
    sent(index, sent, counts = true) {
      const file = files[index];
      if (!file) return;
      if (counts) moved += Math.max(0, sent - file.sent);
      setSent(file, sent);
      const now = performance.now();
      if (now - (toldAt.get(index) ?? 0) < BYTES_EVERY_MS) return;
      toldAt.set(index, now);
      tell(file);
    },
    end(last) {
      clearInterval(ticking);
      phase = last;
      tell();
      ended = true;
    },
  };
}
