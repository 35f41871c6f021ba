import { findDays, isRecent } from './name-guard-dates.js';
import { fold } from './name-guard-fold.js';
import { MASKED, maskHarmless, maskPadded } from './name-guard-harmless.js';
import { findAnnounced, findGroupedNumber } from './name-guard-identifiers.js';
import type { TextField } from './text.js';

/** Why a text may identify a person, in words that never repeat it; null when nothing speaks against it. */
export type NameGuard = (field: TextField, value: string) => string | null;

export interface NameGuardOptions {
  /**
   * More to refuse. A string matches as a whole word (`_` separates words), upper or lower case; a regular expression
   * matches as it is, anywhere (flags `g` and `y` do not matter).
   */
  terms?: readonly (string | RegExp)[];
  /** The clock that the last ten years are counted from. */
  now?: () => Date;
}

/** Where a version or an acquisition is often dated. File names and labels have no reason to be. */
const DATED_FIELDS: ReadonlySet<TextField> = new Set(['group_name', 'version', 'description']);
const GUARDED_FIELDS: ReadonlySet<TextField> = new Set([
  'group_name',
  'model_name',
  'version',
  'description',
  'label_name',
  'filename',
]);

/** Every rule needs at least one of these: most labels are done after one look. */
const SUSPICIOUS = /[\d^@([:=]/;
const LONG_NUMBER = /\d{7}/;

/**
 * Makes the guard that keeps identifiers out of names by accident. It is a guard, not de-identification: a plain
 * "John Doe" passes. Refused: DICOM person names, e-mail, phone, US social security and Korean resident registration
 * numbers, `MRN`/`PID`/`patient` with an identifier, dates of birth, and 7 or more digits in a row.
 *
 * Fine are recent dates in group names, versions and descriptions (and versions such as `2024.1.2` in model names), and
 * what {@link maskHarmless} lists. The time it takes grows linearly with the text.
 *
 * @throws Error when a term is empty or neither a string nor a regular expression.
 */
export function createNameGuard(options: NameGuardOptions = {}): NameGuard {
  const now = options.now ?? (() => new Date());
  const terms = (options.terms ?? []).map(termMatcher);

  return (field, value) => {
    if (!GUARDED_FIELDS.has(field)) return null;
    const folded = fold(value);
    if (terms.some((matches) => matches(value) || matches(folded))) return 'it holds a term that is not allowed here';

    if (!SUSPICIOUS.test(folded)) return null;
    const announced = findAnnounced(folded);
    if (announced !== null) return announced;

    const undated = withoutAllowedDays(field, maskHarmless(field, folded), now());
    if (undated === null) return 'it holds a date, which may be a date of birth';
    const grouped = findGroupedNumber(field, undated);
    if (grouped !== null) return grouped;
    return LONG_NUMBER.test(maskPadded(field, undated)) ? 'it holds 7 or more digits in a row' : null;
  };
}

/** Masks the days that a field may name; null when there is one that it may not. */
function withoutAllowedDays(field: TextField, text: string, now: Date): string | null {
  let masked = text;
  for (const day of findDays(text, now)) {
    const allowed = DATED_FIELDS.has(field) || (field === 'model_name' && day.likeVersion);
    if (!allowed || !isRecent(day, now)) return null;
    const length = day.end - day.start;
    masked = masked.slice(0, day.start) + MASKED.repeat(length) + masked.slice(day.end);
  }
  return masked;
}

function termMatcher(term: string | RegExp): (text: string) => boolean {
  if (term instanceof RegExp) {
    // Without g and y a regular expression has no memory of its last match.
    const pattern = new RegExp(term.source, term.flags.replace(/[gy]/g, ''));
    return (text) => pattern.test(text);
  }
  const words = (typeof term === 'string' ? fold(term) : '')
    .split(/[ _]+/)
    .filter((word) => word !== '')
    .map((word) => word.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&'));
  if (words.length === 0) {
    throw new Error('createNameGuard: each of the terms must be a non-empty string or a RegExp');
  }
  const pattern = new RegExp(`(?<![\\p{L}\\p{N}])${words.join('[ _-]{1,3}')}(?![\\p{L}\\p{N}])`, 'iu');
  return (text) => pattern.test(text);
}
