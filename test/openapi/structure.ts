import { METHODS } from '../../openapi/host-document.js';
import { asArray, asObject, type JsonObject } from '../../openapi/json-node.js';

/** Keywords of JSON Schema that OpenAPI 3.0 does not know. */
const NOT_IN_30 = ['const', 'examples', 'prefixItems', '$schema', 'unevaluatedProperties', 'propertyNames'];

/** What is wrong with an OpenAPI document, in words; nothing for a sound one. */
export function structureErrors(input: object): string[] {
  const document = input as JsonObject;
  const errors: string[] = [];
  const is30 = String(document.openapi).startsWith('3.0.');

  for (const [pointer, node] of nodesOf(document)) {
    if (typeof node.$ref === 'string' && resolve(document, node.$ref) === undefined) {
      errors.push(`${pointer}: ${node.$ref} does not resolve`);
    }
    if (is30 && node.type !== undefined && !pointer.endsWith('/properties') && Array.isArray(node.type)) {
      errors.push(`${pointer}: a list of types`);
    }
    if (is30) for (const keyword of NOT_IN_30) if (keyword in node) errors.push(`${pointer}: ${keyword}`);
  }

  const operationIds = new Set<unknown>();
  const tags = asArray(document.tags).map((tag) => asObject(tag).name);
  for (const [path, item] of Object.entries(asObject(document.paths))) {
    for (const method of METHODS.filter((method) => method in asObject(item))) {
      const operation = asObject(asObject(item)[method]);
      const where = `${method} ${path}`;
      if (operation.operationId === undefined) errors.push(`${where}: no operationId`);
      if (operationIds.has(operation.operationId)) errors.push(`${where}: operationId used twice`);
      operationIds.add(operation.operationId);
      for (const tag of asArray(operation.tags)) if (!tags.includes(tag)) errors.push(`${where}: tag ${tag} unknown`);
      errors.push(...parameterErrors(path, operation, where), ...responseErrors(operation, where));
    }
  }
  return errors;
}

function parameterErrors(path: string, operation: JsonObject, where: string): string[] {
  const inTemplate = [...path.matchAll(/\{([^}]+)\}/g)].map(([, name]) => name);
  const parameters = asArray(operation.parameters).map(asObject);
  const declared = parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => name);
  const errors = parameters
    .filter((parameter) => parameter.schema === undefined || (parameter.in === 'path' && parameter.required !== true))
    .map(({ name }) => `${where}: parameter ${name} is not complete`);
  if (inTemplate.join() !== declared.join()) errors.push(`${where}: path has ${inTemplate}, declared are ${declared}`);
  return errors;
}

function responseErrors(operation: JsonObject, where: string): string[] {
  const responses = Object.entries(asObject(operation.responses));
  const undescribed = responses.filter(([, response]) => !asObject(response).description);
  const misnumbered = responses.filter(([status]) => !/^[1-5][0-9]{2}$/.test(status));
  return [...undescribed, ...misnumbered].map(([status]) => `${where}: response ${status}`);
}

function* nodesOf(node: unknown, pointer = '#'): Generator<[string, JsonObject]> {
  if (typeof node !== 'object' || node === null) return;
  if (!Array.isArray(node)) yield [pointer, node as JsonObject];
  for (const [key, value] of Object.entries(node)) if (key !== 'example') yield* nodesOf(value, `${pointer}/${key}`);
}

function resolve(document: JsonObject, reference: string): unknown {
  return reference
    .replace(/^#\//, '')
    .split('/')
    .reduce<unknown>((node, key) => asObject(node)[key], document);
}
