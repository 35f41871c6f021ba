import { type Findings, type Glimpse, notLike } from './types.js';

const WHITE_SPACE = [0x20, 0x09, 0x0a, 0x0d];
const CLOSING: Record<string, string> = { '{': '}', '[': ']' };

/**
 * An object or an array in UTF-8 without byte order mark (RFC 8259). It is parsed when all of it is seen; of a longer
 * one, the two ends and the encoding of the beginning are checked.
 */
export function looksLikeJson({ head, tail, size }: Glimpse): Findings {
  const opening = firstCharacter(head);
  const closing = opening === undefined ? undefined : CLOSING[opening];
  if (closing === undefined) return notLike('The file is not a JSON object or array');

  const whole = size !== null && head.length >= size;
  const text = decode(head, whole);
  if (text === null) return notLike('The JSON file is not UTF-8');
  if (whole) return parses(text) ? { ok: true } : notLike('The file is not valid JSON');
  if (tail !== null && lastCharacter(tail) !== closing) return notLike('The JSON file does not end where it should');
  return { ok: true };
}

function firstCharacter(bytes: Buffer): string | undefined {
  const byte = bytes.find((candidate) => !WHITE_SPACE.includes(candidate));
  return byte === undefined ? undefined : String.fromCharCode(byte);
}

function lastCharacter(bytes: Buffer): string | undefined {
  return firstCharacter(Buffer.from(bytes).reverse());
}

/** Null when it is not UTF-8. Unless it is the whole file, its last character may be cut. */
function decode(bytes: Buffer, whole: boolean): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes, { stream: !whole });
  } catch {
    return null;
  }
}

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
