import { Ajv2020 } from 'ajv/dist/2020.js';
import { type RequestSchemaName, requestSchemas } from '../../openapi/request-schemas.js';
import { PATTERN_MEANINGS, type Reference, type Schema } from '../../openapi/schema-parts.js';
import { type FieldError, fieldErrors } from './errors.js';
import { isPlainName } from './plain-name.js';
import type { CompleteRequest, FileToSign, MaskGroupFields, RenewUploadRequest } from './types.js';

type TtlSeconds = { ttl_seconds?: number | null | undefined };

/** What a body is once it has passed the schema of that name. */
export interface RequestBodies {
  CreateMaskGroupRequest: MaskGroupFields;
  UpdateMaskGroupRequest: MaskGroupFields;
  FileToSign: FileToSign;
  SignUploadRequest: FileToSign & TtlSeconds;
  SignUploadsRequest: { files: FileToSign[] } & TtlSeconds;
  RenewUploadRequest: RenewUploadRequest;
  CompleteRequest: CompleteRequest;
  SignDownloadRequest: TtlSeconds;
}

/** Named for code generators; the bounds in the schemas say the same. */
const INTEGER_FORMATS = { int32: true, int64: true } as const;

/** Most errors that one answer lists: enough to learn from, and a bound on the work for a hostile body. */
const MAX_ERRORS = 20;

/**
 * The body, once it fits the published schema of that name. Throws `invalid-request` with up to 20 errors, each with
 * a JSON pointer (RFC 6901) and what to do. Checks shape, types and bounds; what texts may say is checked elsewhere.
 */
export function validateBody<N extends RequestSchemaName>(name: N, body: unknown): RequestBodies[N] {
  const schema = compilable(name);
  if (fits(schema, body)) return body as RequestBodies[N];
  const [first, ...rest] = take(MAX_ERRORS, explain(schema, body, '', 'the body'));
  throw fieldErrors([first ?? problem('', 'the body does not fit what this path takes'), ...rest]);
}

let ajv: Ajv2020 | undefined;

/**
 * ajv compiles a schema when it is first used, keeps it by identity, and stops at the first error. Checking the
 * schemas themselves would cost the first request several times as much; the tests do that.
 */
function fits(schema: Schema, value: unknown): boolean {
  ajv ??= new Ajv2020({
    strict: true,
    allowUnionTypes: true,
    formats: INTEGER_FORMATS,
    meta: false,
    validateSchema: false,
  });
  return ajv.validate(schema, value);
}

const compilableSchemas = new Map<RequestSchemaName, Schema>();

/** The schema with every reference replaced by what it refers to, so that any part of it can be used alone. */
function compilable(name: RequestSchemaName): Schema {
  let schema = compilableSchemas.get(name);
  if (!schema) {
    schema = inline(requestSchemas[name]);
    compilableSchemas.set(name, schema);
  }
  return schema;
}

function inline(schema: Schema | Reference): Schema {
  if (schema.$ref !== undefined) {
    return compilable(schema.$ref.slice(schema.$ref.lastIndexOf('/') + 1) as RequestSchemaName);
  }
  const { items, properties, ...rest } = schema as Schema;
  return {
    ...rest,
    ...(items && { items: inline(items) }),
    ...(properties && {
      properties: Object.fromEntries(Object.entries(properties).map(([name, part]) => [name, inline(part)])),
    }),
  };
}

/**
 * Every error of a value that does not fit, one at a time: the caller stops when it has enough, so that the work is
 * bounded by the size of the body and not by how much is wrong with it.
 */
function* explain(schema: Schema, value: unknown, path: string, name: string): Generator<FieldError> {
  if (fits(schema, value)) return;
  if (schema.properties && isObject(value)) {
    yield* explainObject(schema, schema.properties as Record<string, Schema>, value, path);
  } else if (schema.items && Array.isArray(value) && isWithin(value.length, schema.minItems, schema.maxItems)) {
    for (const [index, item] of value.entries()) {
      yield* explain(schema.items as Schema, item, `${path}/${index}`, `each of ${name}`);
    }
    if (schema.uniqueItems) yield* explainRepeats(value, path);
  } else {
    yield problem(path, `${name} must be ${describe(schema)}`);
  }
}

/** For arrays of plain values. */
function* explainRepeats(items: unknown[], path: string): Generator<FieldError> {
  const seen = new Map<unknown, number>();
  for (const [index, item] of items.entries()) {
    const earlier = seen.get(item);
    if (earlier === undefined) seen.set(item, index);
    else yield problem(`${path}/${index}`, `is the same as item ${earlier}; name each once`);
  }
}

function* explainObject(
  schema: Schema,
  properties: Record<string, Schema>,
  value: Record<string, unknown>,
  path: string,
): Generator<FieldError> {
  for (const [name, part] of Object.entries(properties)) {
    const given = Object.hasOwn(value, name) && value[name] !== undefined;
    if (given) yield* explain(part, value[name], `${path}/${name}`, name);
    else if (schema.required?.includes(name))
      yield problem(`${path}/${name}`, `${name} is required: ${describe(part)}`);
  }
  yield* explainUnknown(Object.keys(properties), value, path);
}

function* explainUnknown(known: string[], value: Record<string, unknown>, path: string): Generator<FieldError> {
  let unspeakable = false;
  for (const name of Object.keys(value)) {
    if (known.includes(name)) continue;
    if (isPlainName(name)) {
      yield problem(`${path}/${name}`, `unknown property ${name}; known are ${known.join(', ')}`);
    } else if (!unspeakable) {
      unspeakable = true;
      yield problem(path, `unknown property; known are ${known.join(', ')}`);
    }
  }
}

/** What a value must be, in words, from its schema: "an integer from 1 to 3600". */
function describe(schema: Schema): string {
  if (schema.enum) return schema.enum.filter((value) => value !== null).join(' or ');
  if (schema.pattern) return PATTERN_MEANINGS[schema.pattern] ?? 'a text of another form';
  switch ([schema.type].flat()[0]) {
    case 'integer':
      return `an integer ${range(schema.minimum, schema.maximum)}`;
    case 'string':
      return `a text of at most ${schema.maxLength} characters`;
    case 'array':
      return `an array of ${schema.minItems ?? 0} to ${schema.maxItems} items`;
    case 'boolean':
      return 'true or false';
    default:
      return 'a JSON object';
  }
}

function range(minimum: number | undefined, maximum: number | undefined): string {
  return maximum === Number.MAX_SAFE_INTEGER ? `of at least ${minimum}` : `from ${minimum} to ${maximum}`;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isWithin(length: number, min = 0, max = Number.POSITIVE_INFINITY): boolean {
  return length >= min && length <= max;
}

function problem(path: string, message: string): FieldError {
  return { path, code: 'invalid-request', message };
}

function take<T>(limit: number, items: Iterable<T>): T[] {
  const taken: T[] = [];
  for (const item of items) {
    taken.push(item);
    if (taken.length === limit) break;
  }
  return taken;
}
