import type { oas30, oas31 } from 'openapi3-ts';
import { mapValues, schemaTo30 } from './schema-to-3.0.js';

/**
 * The same document as OpenAPI 3.0.3. Of what we use, only schemas differ between 3.0 and 3.1: they are converted
 * wherever they stand, and the rest stays as it is.
 */
export function toOpenApi30(document: oas31.OpenAPIObject): oas30.OpenAPIObject {
  const { components, ...rest } = document;
  return {
    ...(convertSchemas(rest) as oas30.OpenAPIObject),
    openapi: '3.0.3',
    components: { schemas: mapValues(components?.schemas ?? {}, schemaTo30) },
  };
}

/** Parameters, headers and media types have a `schema`; a key of that name inside an example is not one. */
function convertSchemas(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(convertSchemas);
  if (typeof node !== 'object' || node === null) return node;
  return Object.fromEntries(
    Object.entries(node).map(([key, value]) => {
      if (key === 'schema') return [key, schemaTo30(value)];
      return [key, key === 'example' || key === 'examples' ? value : convertSchemas(value)];
    }),
  );
}
