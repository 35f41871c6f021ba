import type { UploadProgress } from '../client/index.js';

const BAR_WIDTH = 24;
const REDRAW_MS = 100;
const LINE_EVERY_MS = 5000;

export interface Output {
  isTTY?: boolean | undefined;
  write(text: string): unknown;
}

export interface ProgressReport {
  onProgress(progress: UploadProgress): void;
  /** Leaves the terminal as it was. */
  end(): void;
}

/** One line that is drawn over and over on a terminal; elsewhere (a log) a plain line every five seconds. */
export function createProgressReport(output: Output): ProgressReport {
  let toldAt = Number.NEGATIVE_INFINITY;
  let drawn = false;
  return {
    onProgress(progress) {
      const now = performance.now();
      const last = progress.phase === 'done' || progress.phase === 'failed' || progress.phase === 'aborted';
      if (!last && now - toldAt < (output.isTTY ? REDRAW_MS : LINE_EVERY_MS)) return;
      toldAt = now;
      if (output.isTTY) output.write(`\r\x1b[K${bar(progress)} ${describe(progress)}`);
      else output.write(`${describe(progress)}\n`);
      drawn = true;
    },
    end() {
      if (drawn && output.isTTY) output.write('\n');
    },
  };
}

function bar({ files, bytes }: UploadProgress): string {
  const share = bytes.total > 0 ? bytes.sent / bytes.total : files.done / files.total;
  const full = Math.max(0, Math.min(BAR_WIDTH, Math.floor(share * BAR_WIDTH)));
  return `[${'='.repeat(full)}${' '.repeat(BAR_WIDTH - full)}]`;
}

function describe({ files, bytes, bytesPerSecond, secondsLeft, phase }: UploadProgress): string {
  const failed = files.failed > 0 ? `, ${files.failed} failed` : '';
  const rate = bytesPerSecond > 0 && phase === 'uploading' ? `, ${size(bytesPerSecond)}/s` : '';
  const left = secondsLeft !== null && phase === 'uploading' ? `, ${time(secondsLeft)} left` : '';
  return `${files.done}/${files.total} files, ${size(bytes.sent)} of ${size(bytes.total)}${failed}${rate}${left}`;
}

export function size(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  const power = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10));
  const value = bytes / 1024 ** power;
  return `${power === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[power]}`;
}

function time(seconds: number): string {
  if (seconds < 60) return `${seconds} s`;
  return seconds < 3600 ? `${Math.ceil(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
}
