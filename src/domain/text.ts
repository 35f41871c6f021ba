import { type MimeType, matchExtension } from './mime-types.js';
import type { NameGuard } from './name-guard.js';

export type TextField =
  | 'group_name'
  | 'model_name'
  | 'version'
  | 'description'
  | 'label_name'
  | 'filename'
  | 'modality'
  | 'mask_type';

export interface TextProblem {
  code: 'invalid-request' | 'unsafe-name';
  /** Says what to do; never repeats the value. */
  message: string;
}

export type CheckedText = { value: string; problem?: undefined } | { problem: TextProblem; value?: undefined };

interface Rule {
  /** In characters (code points), after normalising. */
  maxLength: number;
  guarded: boolean;
  lineBreaks?: true;
  /** What the whole value must look like, and how to say so. */
  shape?: { pattern: RegExp; message: string };
}

/** `label_name` is a DICOM LO, `modality` a DICOM CS (PS3.5 § 6.2). */
const RULES: Record<TextField, Rule> = {
  group_name: { maxLength: 128, guarded: true },
  model_name: { maxLength: 128, guarded: true },
  version: { maxLength: 128, guarded: true },
  description: { maxLength: 2000, guarded: true, lineBreaks: true },
  label_name: { maxLength: 64, guarded: true, shape: { pattern: /^[^\\]*$/, message: 'must not hold a backslash' } },
  filename: {
    maxLength: 128,
    guarded: true,
    shape: {
      pattern: /^(?!\.)(?!.*\.\.)[A-Za-z0-9._-]+$/,
      message: 'must be a plain name of A-Z, a-z, 0-9, ".", "_" and "-", without a leading dot or ".."',
    },
  },
  modality: {
    maxLength: 16,
    guarded: false,
    shape: { pattern: /^[A-Z0-9_ ]+$/, message: 'must be a DICOM code string: only A-Z, 0-9, space and "_"' },
  },
  mask_type: { maxLength: 64, guarded: false },
};

/**
 * Characters that no text may hold: control (Cc), format and bidirectional (Cf), lone surrogates (Cs), private use
 * (Co), line and paragraph separators, everything else that is invisible, and code points that Unicode has not
 * assigned (Cn, which includes the noncharacters): for those NFC is not stable yet. Variation selectors stay, because
 * emoji and Japanese ideographs need them.
 */
const FORBIDDEN =
  /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}]|(?!\p{Variation_Selector})\p{Default_Ignorable_Code_Point}/u;
const LINE_BREAK = /\r\n?/g;

/**
 * Checks one text and gives it back as it is to be stored: NFC, outer white space trimmed (in DICOM LO and CS it means
 * nothing), and line breaks as `\n`, which only `description` may hold.
 */
export function checkText(field: TextField, value: string, guard: NameGuard): CheckedText {
  const rule = RULES[field];
  const text = rule.lineBreaks ? value.replace(LINE_BREAK, '\n') : value;
  if (FORBIDDEN.test(rule.lineBreaks ? text.replaceAll('\n', '') : text)) {
    return invalid(
      field,
      `must not hold control, format, bidirectional, invisible or unassigned characters${
        rule.lineBreaks ? ' (line breaks are fine, tabs are not)' : ''
      }`,
    );
  }
  const stored = text.normalize('NFC').trim();
  if (stored === '') return invalid(field, 'must not be empty: leave it out or send null');
  if (longerThan(stored, rule.maxLength)) return invalid(field, `must have at most ${rule.maxLength} characters`);
  if (rule.shape && !rule.shape.pattern.test(stored)) return invalid(field, rule.shape.message);

  const reason = rule.guarded ? guard(field, stored) : null;
  if (reason !== null)
    return { problem: { code: 'unsafe-name', message: `${field} may identify a person: ${reason}` } };
  return { value: stored };
}

/**
 * Checks a client's file name: a plain name of at most 128 characters, with an extension of its MIME type (upper or
 * lower case), that the guard lets pass. The name is only checked; it never becomes part of a key.
 */
export function checkFilename(filename: string, mimeType: MimeType, guard: NameGuard): TextProblem | null {
  const { problem, value } = checkText('filename', filename, guard);
  if (problem) return problem;
  // A file name is an exact thing: what would have to be trimmed first is not plain.
  if (value !== filename) return invalid('filename', 'must not begin or end with white space').problem;
  if (matchExtension(mimeType, filename) === undefined) {
    const extensions = mimeType.extensions.map((extension) => `.${extension}`).join(' or ');
    return invalid('filename', `must end in ${extensions} to fit its mime_type`).problem;
  }
  return null;
}

function invalid(field: TextField, message: string): { problem: TextProblem } {
  return { problem: { code: 'invalid-request', message: `${field} ${message}` } };
}

/** Counts code points, but never more than needed. */
function longerThan(text: string, characters: number): boolean {
  if (text.length <= characters) return false;
  return text.length > 2 * characters || [...text].length > characters;
}
