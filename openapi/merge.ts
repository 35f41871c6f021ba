import { openApiFragment } from './document.js';
import { namesUsedBy } from './host-document.js';
import { asArray, asObject, type JsonObject } from './json-node.js';
import { freeName, nameSchemas, nameTags, prefixedId, renameReferences } from './merge-names.js';
import { addPaths, mountParameters, normalizeMountPath, refuseUnknownSecurity } from './merge-paths.js';
import { toOpenApi30 } from './to-3.0.js';

/** Any OpenAPI 3 document, from whichever library's types. */
export interface OpenApiDocument {
  openapi: string;
  info: object;
  paths?: object | undefined;
  components?: object | undefined;
  tags?: readonly object[] | undefined;
}

export interface MergeOpenApiOptions {
  /** Where the router is mounted, relative to the document's `servers`: `/api`. Parameters as `{name}`. */
  mountPath: string;
  /** Which form of our part to add. Default: the one that the document's `openapi` says. */
  version?: '3.0' | '3.1';
  /** Tags for our operations, instead of our own three. */
  tags?: readonly string[];
  /**
   * The security requirement of our operations, as in OpenAPI; the schemes must be in `components.securitySchemes`.
   * Default: none of their own, so that the document's top-level `security` applies.
   */
  security?: readonly Readonly<Record<string, readonly string[]>>[];
  /** Put before a name of ours that the document already uses for something else. Default: `MaskUpload`. */
  prefix?: string;
}

/**
 * The host's OpenAPI document (3.0 or 3.1) with this API's paths under `mountPath`. Only names that clash are
 * changed: of schemas, tags and operationIds, with the references to them. The host's document is not changed.
 *
 * Throws an Error for Swagger 2.0, a path and method that both have, and an unknown security scheme.
 */
export function mergeOpenApi<D extends OpenApiDocument>(hostDocument: D, options: MergeOpenApiOptions): D {
  const host = asObject(hostDocument);
  const version = options.version ?? versionOf(host);
  const mountPath = normalizeMountPath(options.mountPath);
  const prefix = checkedPrefix(options.prefix ?? 'MaskUpload');
  if (options.security) refuseUnknownSecurity(options.security, host);

  const fragment = openApiFragment('');
  const ours = asObject(version === '3.0' ? toOpenApi30(fragment) : fragment);
  const used = namesUsedBy(host);
  const hostComponents = asObject(host.components);
  const hostSchemas = asObject(hostComponents.schemas);

  const { nameOf, schemas } = nameSchemas(asObject(asObject(ours.components).schemas), hostSchemas, prefix);
  const tags = nameTags(options.tags ? [] : asArray(ours.tags), used.tags, prefix);

  const operation = (from: JsonObject): JsonObject => {
    const own = String(from.operationId);
    const operationId = freeName(own, prefixedId(prefix, own), (candidate) => !used.operationIds.has(candidate));
    used.operationIds.add(operationId);
    return {
      ...asObject(renameReferences(from, nameOf)),
      operationId,
      tags: options.tags ? [...options.tags] : asArray(from.tags).map((tag) => tags.names.get(String(tag))),
      parameters: [...mountParameters(mountPath), ...asArray(from.parameters)],
      ...(options.security && { security: structuredClone(options.security) }),
    };
  };
  const paths = Object.entries(asObject(ours.paths)).map(([path, item]) => {
    const operations = Object.entries(asObject(item)).map(([method, from]) => [method, operation(asObject(from))]);
    return [mountPath + path, Object.fromEntries(operations)] as const;
  });

  return {
    ...hostDocument,
    ...(tags.added.length > 0 && { tags: [...asArray(host.tags), ...tags.added] }),
    paths: addPaths(asObject(host.paths), Object.fromEntries(paths)),
    components: { ...hostComponents, schemas: { ...hostSchemas, ...schemas } },
  };
}

function versionOf(host: JsonObject): '3.0' | '3.1' {
  const version = String(host.openapi ?? host.swagger);
  if (version.startsWith('3.0.')) return '3.0';
  // 3.2 only adds to 3.1
  if (/^3\.[12]\./.test(version)) return '3.1';
  if (host.swagger !== undefined) {
    throw new Error('mergeOpenApi: Swagger 2.0 documents are not supported; convert yours to OpenAPI 3.0 or 3.1 first');
  }
  throw new Error("mergeOpenApi: the document's `openapi` must be a version such as '3.0.3' or '3.1.0'");
}

function checkedPrefix(prefix: string): string {
  if (!/^[A-Za-z][A-Za-z0-9]*$/.test(prefix)) {
    throw new Error('mergeOpenApi: prefix must be letters and digits, starting with a letter');
  }
  return prefix;
}
