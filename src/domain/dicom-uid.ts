const MAX_LENGTH = 64;
const UID = /^(?:0|[1-9][0-9]*)(?:\.(?:0|[1-9][0-9]*))+$/;

/**
 * Whether a value is a DICOM unique identifier (PS3.5 § 9.1): at most 64 characters, two or more numeric components
 * separated by dots, none with leading zeros. The value is taken as it is: a space or a padding NUL makes it invalid.
 */
export function isDicomUid(value: string): boolean {
  return value.length <= MAX_LENGTH && UID.test(value);
}
