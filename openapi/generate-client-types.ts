/** Writes the client's types from the OpenAPI document: `npm run openapi`. */
import { writeFile } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import openapiTypes, { astToString } from 'openapi-typescript';
import { openApiFragment } from './document.js';

export const CLIENT_TYPES = new URL('../src/client/openapi-types.ts', import.meta.url);

type Json = { [key: string]: unknown };

/** What the file of types must hold. */
export async function clientTypes(): Promise<string> {
  const document = trimmed(JSON.parse(JSON.stringify(openApiFragment('0.0.0')))) as Json;
  const ast = await openapiTypes(document as never, { defaultNonNullable: false });
  return `// Generated from the OpenAPI document by \`npm run openapi\`.\n${astToString(ast)}`;
}

/** Without examples and error answers: every error is a Problem, and the client says so by itself. */
function trimmed(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(trimmed);
  if (typeof node !== 'object' || node === null) return node;
  const kept = Object.entries(node).filter(([key]) => key !== 'example' && key !== 'examples');
  return Object.fromEntries(
    kept.map(([key, value]) => [key, trimmed(key === 'responses' ? withoutErrors(value as Json) : value)]),
  );
}

function withoutErrors(responses: Json): Json {
  return Object.fromEntries(Object.entries(responses).filter(([status]) => !/^[45]/.test(status)));
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  await writeFile(CLIENT_TYPES, await clientTypes());
}
