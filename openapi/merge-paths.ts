import { METHODS } from './host-document.js';
import { asArray, asObject, type JsonObject } from './json-node.js';

/** Slash, then plain text or `{name}`, any number of times. */
const MOUNT_PATH = /^\/$|^(\/([^/?#\s{}*:][^/?#\s{}*]*|\{[A-Za-z0-9_.-]+\}))+\/?$/;

/** `/api` from `/api/`; the empty string from `/`. Throws for anything that is not an OpenAPI path. */
export function normalizeMountPath(mountPath: string): string {
  if (typeof mountPath !== 'string' || !MOUNT_PATH.test(mountPath)) {
    throw new Error(
      "mergeOpenApi: mountPath must be the path that the router is mounted at, such as '/api', with any parameters " +
        'written as {name}',
    );
  }
  if (/\{(annotation_id|group_id|mask_id)\}/.test(mountPath)) {
    throw new Error('mergeOpenApi: mountPath must not hold a parameter that our own paths have: rename it');
  }
  return mountPath.replace(/\/$/, '');
}

/** The parameters that the mount path itself holds: they belong to every operation under it. */
export function mountParameters(mountPath: string): JsonObject[] {
  return [...mountPath.matchAll(/\{([^{}]+)\}/g)].map(([, name]) => {
    return { name, in: 'path', required: true, schema: { type: 'string' } };
  });
}

/**
 * The host's paths with ours added. Throws for a path and method that both have. Templates that differ only in the
 * names of their parameters are the same path, and no document may hold both (OpenAPI 3.1 § 4.8.8).
 */
export function addPaths(theirs: JsonObject, ours: JsonObject): JsonObject {
  const byTemplate = new Map(Object.keys(theirs).map((path) => [withoutNames(path), path]));
  const merged: Record<string, unknown> = { ...theirs };
  for (const [path, item] of Object.entries(ours)) {
    const host = byTemplate.get(withoutNames(path));
    if (host !== undefined && host !== path) {
      throw new Error(`mergeOpenApi: the document already has ${host}, which is the same path as ${path}`);
    }
    if (host !== undefined) refuseClash(path, asObject(theirs[host]), asObject(item));
    merged[path] = { ...asObject(merged[path]), ...asObject(item) };
  }
  return merged;
}

function withoutNames(path: string): string {
  return path.replace(/\{[^{}]*\}/g, '{}');
}

function refuseClash(path: string, theirs: JsonObject, ours: JsonObject): void {
  if (theirs.$ref !== undefined) {
    throw new Error(`mergeOpenApi: the document's ${path} is a $ref, which nothing can be added to`);
  }
  for (const method of METHODS) {
    if (theirs[method] !== undefined && ours[method] !== undefined) {
      throw new Error(`mergeOpenApi: the document already has ${method.toUpperCase()} ${path}`);
    }
  }
}

/** Throws for a security requirement that names no scheme of the host's document. */
export function refuseUnknownSecurity(security: readonly JsonObject[], host: JsonObject): void {
  const schemes = asObject(asObject(host.components).securitySchemes);
  for (const name of asArray(security).flatMap((requirement) => Object.keys(asObject(requirement)))) {
    if (!Object.hasOwn(schemes, name)) {
      throw new Error(`mergeOpenApi: the document's components.securitySchemes has no ${name}`);
    }
  }
}
