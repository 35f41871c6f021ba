import type { oas30, oas31 } from 'openapi3-ts';

type Schema30 = oas30.SchemaObject | oas30.ReferenceObject;
type Schema31 = oas31.SchemaObject | oas31.ReferenceObject;

/** The keywords that mean the same in OpenAPI 3.0 (3.0.3 § 4.7.24) and 3.1. */
const SAME = [
  'title',
  'description',
  'default',
  'format',
  'enum',
  'required',
  'readOnly',
  'writeOnly',
  'deprecated',
  'example',
  'minimum',
  'maximum',
  'multipleOf',
  'minLength',
  'maxLength',
  'pattern',
  'minItems',
  'maxItems',
  'uniqueItems',
  'minProperties',
  'maxProperties',
] as const;

/** The same schema for OpenAPI 3.0. Throws for what 3.0 cannot say, so that nothing is lost without notice. */
export function schemaTo30(schema: Schema31): Schema30 {
  if (schema.$ref !== undefined) return reference(schema as oas31.ReferenceObject);
  const { type, ...rest } = schema as oas31.SchemaObject;
  return typed(
    [type ?? []].flat(),
    Object.entries(rest).reduce<oas30.SchemaObject>((done, [keyword, value]) => {
      return Object.assign(done, convert(keyword, value));
    }, {}),
  );
}

/** In 3.0 a reference has no siblings: what stands beside it is ignored. */
function reference({ $ref, ...siblings }: oas31.ReferenceObject): Schema30 {
  return Object.keys(siblings).length === 0 ? { $ref } : { allOf: [{ $ref }], ...siblings };
}

/** `null` among the types becomes `nullable`, which only has an effect beside a `type`; more types become `anyOf`. */
function typed(types: oas31.SchemaObjectType[], rest: oas30.SchemaObject): oas30.SchemaObject {
  const nullable = types.includes('null') ? { nullable: true } : {};
  const [first, ...others] = types.filter((type) => type !== 'null');
  if (first === undefined) return { ...rest, ...nullable };
  if (others.length === 0) return { type: first, ...nullable, ...rest };
  return { anyOf: [first, ...others].map((type) => ({ type, ...nullable })), ...rest };
}

function convert(keyword: string, value: unknown): oas30.SchemaObject {
  if ((SAME as readonly string[]).includes(keyword) || keyword.startsWith('x-')) return { [keyword]: value };
  switch (keyword) {
    case '$schema':
      return {};
    case 'const':
      return { enum: [value] };
    case 'examples':
      return { example: (value as unknown[])[0] };
    case 'exclusiveMinimum':
      return { minimum: value as number, exclusiveMinimum: true };
    case 'exclusiveMaximum':
      return { maximum: value as number, exclusiveMaximum: true };
    case 'additionalProperties':
      return { additionalProperties: typeof value === 'boolean' ? value : schemaTo30(value as Schema31) };
    case 'items':
    case 'not':
      return { [keyword]: schemaTo30(value as Schema31) };
    case 'allOf':
    case 'anyOf':
    case 'oneOf':
      return { [keyword]: (value as Schema31[]).map(schemaTo30) };
    case 'properties':
      return { properties: mapValues(value as Record<string, Schema31>, schemaTo30) };
    default:
      throw new Error(`OpenAPI 3.0 has no ${keyword}: write the schema without it, or teach schemaTo30 to convert it`);
  }
}

export function mapValues<V, W>(object: Record<string, V>, convertValue: (value: V) => W): Record<string, W> {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, convertValue(value)]));
}
