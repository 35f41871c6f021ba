/** A day that a text names, in UTC. */
export interface NamedDay {
  start: number;
  end: number;
  /** Milliseconds since 1970. */
  time: number;
  /** Written with dots, the year first, as versions are (`2024.1.2`). */
  likeVersion: boolean;
}

/** With at most one blank on either side of a mark. */
const MARK = '(?: ?[-./] ?)';
const MARK_OR_BLANK = '(?: ?[-./_] ?| )';
const YEAR = '(?<y>(?:19|20)\\d{2})';
const YEAR_OR_SHORT = '(?<y>(?:19|20)\\d{2}|\\d{2})';
const MONTH_NAME =
  '(?<name>jan(?:uary|uar)?|feb(?:ruary|ruar)?|mar(?:ch)?|mär(?:z)?|mrz|apr(?:il)?|may|mai|jun[ei]?|jul[yi]?|aug(?:ust)?|sept?(?:ember)?|o[ck]t(?:ober)?|nov(?:ember)?|de[cz](?:ember)?)(?!\\p{L})\\.?';
const MONTHS = ['jan', 'feb', 'ma mä mr', 'apr', 'may mai', 'jun', 'jul', 'aug', 'sep', 'oct okt', 'nov', 'dec dez'];
const GAP = '[ ._/,-]{0,2}';
const ORDINAL = '(?:st|nd|rd|th)?';
const HOURS = '(?:(?:[01]\\d|2[0-3])(?:[0-5]\\d){0,2})?';

/** Two numbers and a year come as `a`, `b`, because day and month change places between countries. */
const SPELLINGS = [
  `(?<!\\d)${YEAR}(?<m>0[1-9]|1[0-2])(?<d>0[1-9]|[12]\\d|3[01])${HOURS}(?!\\d)`,
  `(?<!\\d)${YEAR}${MARK}(?<m>\\d{1,2})${MARK}(?<d>\\d{1,2})(?!\\d)`,
  `(?<!\\d)${YEAR}${MARK_OR_BLANK}(?<m>\\d{2})${MARK_OR_BLANK}(?<d>\\d{2})(?!\\d)`,
  `(?<!\\d)(?<a>\\d{1,2})${MARK}(?<b>\\d{1,2})${MARK}${YEAR}(?!\\d)`,
  `(?<!\\d)(?<a>\\d{2})${MARK_OR_BLANK}(?<b>\\d{2})${MARK_OR_BLANK}${YEAR}(?!\\d)`,
  // A short year only with slashes: 24.05.12 may be a version, 10-20-30 anything.
  '(?<!\\d|\\d[/.])(?<a>\\d{2})/(?<b>\\d{2})/(?<y>[1-9]\\d)(?!\\d|[/.]\\d)',
  `(?<!\\d)(?<d>\\d{1,2})${ORDINAL}${GAP}(?:of )?${MONTH_NAME}${GAP}${YEAR}(?!\\d)`,
  `(?<!\\d)(?<d>\\d{1,2})([-/.])${MONTH_NAME}\\2${YEAR_OR_SHORT}(?!\\d)`,
  `(?<!\\p{L})${MONTH_NAME}${GAP}(?<d>\\d{1,2})${ORDINAL}[ ._/,-]{1,2}${YEAR}(?!\\d)`,
  `(?<!\\d)${YEAR}${GAP}${MONTH_NAME}${GAP}(?<d>\\d{1,2})(?!\\d)`,
  `(?<!\\d)(?<y>\\d{4}|\\d{2}) ?[년年] ?(?<m>\\d{1,2}) ?[월月] ?(?<d>\\d{1,2}) ?[일日]`,
].map((spelling) => new RegExp(spelling, 'giu'));

/** `1.2.2000` inside `1.2.840.1.2.2000` or `0.1.2.2000` is part of a longer number, unless it is padded or compact as only a date is. */
const PADDED = /(?<!\d)0\d/;
const DECIMAL_BEFORE = /\d[.,]$/;
const DECIMAL_AFTER = /^\.\d/;

/** Every day from 1900 until a year from now that a text names. Nobody was born later, so later ones are not dates. */
export function findDays(text: string, now: Date): NamedDay[] {
  const days: NamedDay[] = [];
  for (const spelling of SPELLINGS) {
    // matchAll copies the expression each time, which costs more than looking first.
    if (text.search(spelling) < 0) continue;
    for (const match of text.matchAll(spelling)) {
      const start = match.index;
      const end = start + match[0].length;
      if (isPartOfNumber(text, start, end)) continue;
      const time = latestReading(match.groups ?? {}, now);
      if (time === null) continue;
      days.push({ start, end, time, likeVersion: /^\d{4}\.\d{1,2}\.\d/.test(match[0]) });
    }
  }
  return days;
}

/** Whether a day lies in the last ten years or the coming one, with a day's slack for time zones. */
export function isRecent(day: NamedDay, now: Date): boolean {
  const tenYearsAgo = Date.UTC(now.getUTCFullYear() - 10, now.getUTCMonth(), now.getUTCDate() - 1);
  return day.time >= tenYearsAgo;
}

function isPartOfNumber(text: string, start: number, end: number): boolean {
  const day = text.slice(start, end);
  if (PADDED.test(day) || !/\D/.test(day)) return false;
  return DECIMAL_BEFORE.test(text.slice(Math.max(0, start - 2), start)) || DECIMAL_AFTER.test(text.slice(end, end + 2));
}

/** The latest day that the numbers can mean; null when they mean none. */
function latestReading(groups: Record<string, string | undefined>, now: Date): number | null {
  const { y = '', m, d, a, b, name } = groups;
  const year = fullYear(Number(y), y.length, now);
  const month = name === undefined ? Number(m) : monthNumber(name);
  const readings =
    a === undefined
      ? [utcDay(year, month, Number(d))]
      : [utcDay(year, Number(b), Number(a)), utcDay(year, Number(a), Number(b))];
  const nextYear = Date.UTC(now.getUTCFullYear() + 1, now.getUTCMonth(), now.getUTCDate() + 1);
  const times = readings.filter((time) => time !== null && time >= Date.UTC(1900, 0, 1) && time <= nextYear);
  return times.length === 0 ? null : Math.max(...times.map(Number));
}

function fullYear(year: number, digits: number, now: Date): number {
  if (digits === 4) return year;
  return 2000 + year <= now.getUTCFullYear() ? 2000 + year : 1900 + year;
}

function monthNumber(name: string): number {
  const lower = name.toLowerCase();
  return 1 + MONTHS.findIndex((spellings) => spellings.split(' ').some((spelling) => lower.startsWith(spelling)));
}

/** Null for a day that the calendar does not have. */
function utcDay(year: number, month: number, day: number): number | null {
  const date = new Date(Date.UTC(year, month - 1, day));
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day ? date.getTime() : null;
}
