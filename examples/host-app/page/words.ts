import { runsOf } from './slices.js';

const NUMBER = new Intl.NumberFormat('en');

export function count(number: number, one: string, many = `${one}s`): string {
  return `${NUMBER.format(number)} ${number === 1 ? one : many}`;
}

/** 1,000 of 1,200 slices. */
export function share(part: number, whole: number, one: string): string {
  return `${NUMBER.format(part)} of ${count(whole, one)}`;
}

/** 1.4 kB, 23 MB: powers of ten, as browsers and file managers show them. */
export function bytes(size: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const power = size < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(size) / 3));
  const value = size / 1000 ** power;
  return `${power > 0 && value < 10 ? value.toFixed(1) : Math.round(value)} ${units[power]}`;
}

export function percent(part: number): string {
  return `${Math.floor(part * 100 + 1e-9)} %`;
}

export function duration(seconds: number): string {
  const whole = Math.ceil(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  return minutes < 60 ? `${minutes} min ${whole % 60} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** [1, 2, 3, 7] → "1–3, 7". Expects ascending numbers; says how many it leaves out. */
export function ranges(numbers: readonly number[], most = 6): string {
  const runs = runsOf(numbers);
  const shown = runs.slice(0, most).map(([from, to]) => (from === to ? `${from}` : `${from}–${to}`));
  return shown.join(', ') + (runs.length > most ? ` and ${runs.length - most} more` : '');
}

export function day(iso: string): string {
  return new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' }).format(new Date(iso));
}
