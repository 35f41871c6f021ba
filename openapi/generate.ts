/** Writes openapi.json (3.1) and openapi-3.0.json beside this file: `npm run openapi`. */
import { readFile, writeFile } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import { openApiFragment } from './document.js';
import { toOpenApi30 } from './to-3.0.js';

const HERE = new URL('./', import.meta.url);

/** What each generated file must hold, by its name in this folder. */
export async function generatedFiles(): Promise<Record<string, string>> {
  const manifest = JSON.parse(await readFile(new URL('../package.json', HERE), 'utf8')) as { version: string };
  const fragment = openApiFragment(manifest.version);
  return { 'openapi.json': format(fragment), 'openapi-3.0.json': format(toOpenApi30(fragment)) };
}

function format(document: object): string {
  return `${JSON.stringify(document, null, 2)}\n`;
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  for (const [name, text] of Object.entries(await generatedFiles())) await writeFile(new URL(name, HERE), text);
}
