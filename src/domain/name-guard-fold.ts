const PLAIN = /^[ -~]*$/;
const DIGIT = /\p{Nd}/u;
const OTHER_DIGITS = /(?![0-9])\p{Nd}/gu;
const INVISIBLE = /\p{Default_Ignorable_Code_Point}/gu;
/** Strokes, rings and keycaps put on a digit. */
const MARKED_DIGIT = /(?<=[0-9])\p{M}+/gu;
/** Every dash, the minus sign and characters that pass for one. */
const DASHES = /[\p{Pd}\u02d7\u2043\u2212\u23af\u2500\u2796]/gu;
const SPACES = /\s+/gu;
const SLASHES = /[\u2044\u2215\u29f8]/gu;
const DOTS = /[\u00b7\u2022\u2027\u22c5\u3002\u30fb]/gu;
const CARETS = /[\u02c4\u02c6\u2038\u2303]/gu;
const REPEATED = /([-._/ ])\1+/g;

/**
 * One plain spelling for look-alikes, so that each rule needs to know only one: compatibility forms (NFKC, which takes
 * care of full-width letters, digits and signs), any script's decimal digits as 0-9, any dash as `-`, white space as one
 * blank, slashes, middle dots and carets as the ASCII ones, separators not repeated, and nothing invisible.
 */
export function fold(value: string): string {
  return (PLAIN.test(value) ? value : foldUnicode(value)).replace(REPEATED, '$1');
}

function foldUnicode(value: string): string {
  return value
    .normalize('NFKC')
    .replace(INVISIBLE, '')
    .replace(OTHER_DIGITS, asciiDigit)
    .replace(MARKED_DIGIT, '')
    .replace(DASHES, '-')
    .replace(SPACES, ' ')
    .replace(SLASHES, '/')
    .replace(DOTS, '.')
    .replace(CARETS, '^');
}

/** Unicode encodes decimal digits in contiguous runs from 0 to 9: the distance to the start of the run is the value. */
function asciiDigit(digit: string): string {
  const codePoint = digit.codePointAt(0) ?? 0;
  let start = codePoint;
  while (DIGIT.test(String.fromCodePoint(start - 1))) start -= 1;
  return String((codePoint - start) % 10);
}
