import { asArray, asObject, type JsonObject, mapNodes, saysTheSame } from './json-node.js';

const REFERENCE = '#/components/schemas/';

/** `name`, or the first of `PrefixName`, `PrefixName2`, … that is free. Renames only what clashes. */
export function freeName(name: string, prefixed: string, isFree: (candidate: string) => boolean): string {
  if (isFree(name)) return name;
  let candidate = prefixed;
  for (let number = 2; !isFree(candidate); number++) candidate = `${prefixed}${number}`;
  return candidate;
}

/** `MaskUpload` + `getMask` → `maskUploadGetMask`, as operationIds are written. */
export function prefixedId(prefix: string, id: string): string {
  return `${prefix.charAt(0).toLowerCase()}${prefix.slice(1)}${id.charAt(0).toUpperCase()}${id.slice(1)}`;
}

/** A copy of the node in which references use the new names. */
export function renameReferences(node: unknown, newName: (schema: string) => string): unknown {
  return mapNodes(node, (key, value) => {
    if (key !== '$ref' || typeof value !== 'string' || !value.startsWith(REFERENCE)) return value;
    return REFERENCE + newName(value.slice(REFERENCE.length));
  });
}

/**
 * Gives each of our schemas a name in the host's document. A name is kept when the host does not use it, or uses it
 * for the very same schema. The schemas that one refers to are named before it, because with a renamed reference it
 * is another schema; our schemas refer to each other in no circle.
 */
export function nameSchemas(
  ours: JsonObject,
  theirs: JsonObject,
  prefix: string,
): { nameOf: (schema: string) => string; schemas: Record<string, unknown> } {
  const names = new Map<string, string>();
  const schemas: Record<string, unknown> = {};

  function nameOf(schema: string): string {
    const known = names.get(schema);
    if (known !== undefined) return known;
    const renamed = renameReferences(ours[schema], nameOf);
    const name = freeName(schema, prefix + schema, (candidate) => {
      if (Object.hasOwn(schemas, candidate) || (candidate !== schema && Object.hasOwn(ours, candidate))) return false;
      return !Object.hasOwn(theirs, candidate) || saysTheSame(renamed, theirs[candidate]);
    });
    names.set(schema, name);
    schemas[name] = renamed;
    return name;
  }

  for (const schema of Object.keys(ours)) nameOf(schema);
  return { nameOf, schemas };
}

/** Gives each of our tags a name in the host's document, and says which of them are to be added to it. */
export function nameTags(
  ours: readonly unknown[],
  theirs: ReadonlyMap<unknown, unknown>,
  prefix: string,
): { names: Map<string, string>; added: JsonObject[] } {
  const names = new Map<string, string>();
  const added: JsonObject[] = [];
  for (const tag of asArray(ours).map(asObject)) {
    const own = String(tag.name);
    const name = freeName(own, `${prefix} ${own}`, (candidate) => {
      return !theirs.has(candidate) || saysTheSame({ ...tag, name: candidate }, theirs.get(candidate));
    });
    names.set(own, name);
    if (!theirs.has(name)) added.push({ ...tag, name });
  }
  return { names, added };
}
