import { asArray, asObject, type JsonObject } from './json-node.js';

export const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace', 'query'];

/** Every operation of these path items, with those of their callbacks: operationIds must be unique over all of them. */
function* operationsOf(pathItems: unknown, depth = 0): Generator<JsonObject> {
  for (const item of Object.values(asObject(pathItems))) {
    for (const method of METHODS) {
      const operation = asObject(asObject(item)[method]);
      yield operation;
      // a dereferenced document may hold cycles; callbacks within callbacks do not occur otherwise
      if (depth < 2)
        for (const callback of Object.values(asObject(operation.callbacks))) yield* operationsOf(callback, depth + 1);
    }
  }
}

/** The names that the host's document already uses. */
export function namesUsedBy(host: JsonObject): { operationIds: Set<unknown>; tags: Map<unknown, unknown> } {
  const operationIds = new Set<unknown>();
  const tags = new Map<unknown, unknown>();
  for (const source of [host.paths, host.webhooks, asObject(host.components).pathItems]) {
    for (const operation of operationsOf(source)) {
      if (operation.operationId !== undefined) operationIds.add(operation.operationId);
      for (const tag of asArray(operation.tags)) tags.set(tag, undefined);
    }
  }
  for (const tag of asArray(host.tags)) tags.set(asObject(tag).name, tag);
  return { operationIds, tags };
}
