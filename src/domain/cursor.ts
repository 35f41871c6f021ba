import { createHash } from 'node:crypto';
import { MaskUploadError } from './errors.js';

/** Cursors are opaque to clients: the position after which the next page begins, bound to the list it came from. */
export function encodeCursor(list: unknown, position: readonly unknown[]): string {
  return Buffer.from(JSON.stringify([fingerprint(list), ...position])).toString('base64url');
}

/**
 * Gives the position in a cursor that `encodeCursor` made for the same list (same place, same filters).
 * @param read checks the position's parts; undefined when they are not a position of this list.
 * @throws MaskUploadError `invalid-cursor`
 */
export function decodeCursor<Position>(
  list: unknown,
  cursor: string,
  read: (position: unknown[]) => Position | undefined,
): Position {
  const [of, ...parts] = parse(cursor);
  const position = of === fingerprint(list) ? read(parts) : undefined;
  if (position === undefined) {
    throw new MaskUploadError(
      'invalid-cursor',
      'The cursor is not one of this list. Send next_cursor unchanged, with the same filters, or start without one.',
    );
  }
  return position;
}

function parse(cursor: string): unknown[] {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    return Array.isArray(parsed) ? parsed : [];
  } catch {
    return [];
  }
}

/** Guards against mixing lists up, not against forgery: a position gives no access to anything. */
function fingerprint(list: unknown): string {
  return createHash('sha256').update(JSON.stringify(list)).digest('base64url').slice(0, 12);
}
