import type { oas31 } from 'openapi3-ts';

export type Schema = oas31.SchemaObject;
export type Reference = oas31.ReferenceObject;

/** PostgreSQL's `integer`, which every count and index is stored in. */
export const MAX_INT32 = 2_147_483_647;

/** Most files that one request signs, or records. */
export const MAX_BATCH = 1000;

/** Most parts of one file: S3's limit. */
export const MAX_PARTS = 10_000;

/** Longest texts, in Unicode code points (which is also how JSON Schema counts). */
export const MAX_TEXT = {
  name: 128,
  label_name: 64,
  mask_type: 64,
  description: 2000,
  modality: 16,
  uid: 64,
  file_path: 1024,
} as const;

/** SHA-256 in hexadecimal digits of either case. */
export const SHA256_PATTERN = '^[0-9A-Fa-f]{64}$';

/** A DICOM UID (PS3.5 § 9.1): two or more components of digits, none with a leading zero. Its 64 characters are `maxLength`. */
export const UID_PATTERN = '^(0|[1-9][0-9]*)(\\.(0|[1-9][0-9]*))+$';

/** A file path or upload id: printable ASCII, which all that the server generates is. */
export const FILE_REFERENCE_PATTERN = '^[!-~]+$';

/** What a text that fits the pattern is, for error messages: "checksum must be …". */
export const PATTERN_MEANINGS: Readonly<Record<string, string>> = {
  [SHA256_PATTERN]: 'a SHA-256 as 64 hexadecimal digits',
  [UID_PATTERN]: `a DICOM UID: at most ${MAX_TEXT.uid} digits and dots, no component with a leading zero`,
  [FILE_REFERENCE_PATTERN]: 'a file_path or upload_id as signing answered it',
};

export function ref(name: string): Reference {
  return { $ref: `#/components/schemas/${name}` };
}

/** The same schema, but `null` fits as well. In requests `null` means absent. */
export function nullable(schema: Schema): Schema {
  const types = schema.type === undefined ? [] : [schema.type].flat();
  return { ...schema, type: [...types, 'null'], ...(schema.enum && { enum: [...schema.enum, null] }) };
}

export function text(maxLength: number, description: string, more: Schema = {}): Schema {
  return { type: 'string', maxLength, description, ...more };
}

export function integer(minimum: number, maximum: number, description: string, more: Schema = {}): Schema {
  return {
    type: 'integer',
    format: maximum > MAX_INT32 ? 'int64' : 'int32',
    minimum,
    maximum,
    description,
    ...more,
  };
}

/** One of the package's own ids: a bigint identity column, answered as a JSON number. */
export function id(description: string): Schema {
  return integer(1, Number.MAX_SAFE_INTEGER, description);
}

export function count(description: string): Schema {
  return integer(0, Number.MAX_SAFE_INTEGER, description);
}

export function instant(description: string): Schema {
  return { type: 'string', format: 'date-time', description: `${description} ISO 8601, UTC.` };
}

/** An object of a request: exactly these properties, so that a mistyped name is an error and not ignored. */
export function requestObject(
  description: string,
  properties: Record<string, Schema>,
  required: string[] = [],
): Schema {
  return {
    type: 'object',
    description,
    properties,
    ...(required.length > 0 && { required }),
    additionalProperties: false,
  };
}

/**
 * An object of an answer; every property is always there unless named in `optional`. Left open in the document, so
 * that a later version can add a property without breaking a strict client; our own tests close it.
 */
export function responseObject(
  description: string,
  properties: Record<string, Schema | Reference>,
  optional: string[] = [],
): Schema {
  return {
    type: 'object',
    description,
    properties,
    required: Object.keys(properties).filter((name) => !optional.includes(name)),
  };
}
