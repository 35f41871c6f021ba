const SEGMENT = /^[A-Za-z0-9_-][A-Za-z0-9._-]*$/;
const MAX_KEY_LENGTH = 1024;

/** A segment of a key, which is also a file or folder name: never hidden, never `.` or `..`. */
export function isLegalSegment(name: string): boolean {
  return SEGMENT.test(name);
}

/**
 * Whether a key may become a path: `segment/segment/…` of plain ASCII names. Everything that could leave the root
 * (`..`, an absolute path, a backslash, NUL, an empty segment) is no key, so it never reaches the disk.
 */
export function isLegalKey(key: string): boolean {
  return key.length <= MAX_KEY_LENGTH && key.split('/').every(isLegalSegment);
}
