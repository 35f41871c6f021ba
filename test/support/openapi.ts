import { createRequire } from 'node:module';
import type { oas31 } from 'openapi3-ts';
import { openApiFragment } from '../../openapi/document.js';
import { mapNodes } from '../../openapi/json-node.js';
import { ERROR_CODES, type ErrorCode } from '../../src/domain/errors.js';

// CommonJS with a `default` of its own, which loaders disagree about; require does not
const { default: ResponseValidator } = createRequire(import.meta.url)(
  'openapi-response-validator',
) as typeof import('openapi-response-validator');

export interface OperationEntry {
  operationId: string;
  /** Lower case, as in the document. */
  method: string;
  /** The template, relative to the mount path. */
  path: string;
}

const fragment = openApiFragment('0.0.0');

/** The document's schemas, but no object may have a property that the document does not name. */
export const closedComponents = mapNodes(fragment.components, (_, node) => {
  const isOpenObject = typeof node === 'object' && node !== null && 'properties' in node && 'type' in node;
  return isOpenObject ? { ...node, additionalProperties: false } : node;
}) as oas31.ComponentsObject;

/** The formats that the document uses for strings, as strictly as the API promises them. */
export const formats: Record<string, (text: string) => boolean> = {
  'date-time': (text) => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z$/.test(text) && !Number.isNaN(Date.parse(text)),
  uuid: (text) => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text),
  uri: (text) => URL.canParse(text),
  'uri-reference': (text) => URL.canParse(text, 'http://localhost'),
};

const found = new Map<string, { entry: OperationEntry; responses: Record<string, oas31.ResponseObject> }>();
for (const [path, item] of Object.entries(fragment.paths ?? {})) {
  for (const [method, operation] of Object.entries(item as Record<string, oas31.OperationObject>)) {
    const operationId = String(operation.operationId);
    found.set(operationId, { entry: { operationId, method, path }, responses: operation.responses ?? {} });
  }
}

/** Every operation of the document, for tests that go through all of them. */
export function operations(): OperationEntry[] {
  return [...found.values()].map(({ entry }) => entry);
}

/**
 * Throws unless the document says that this operation can answer like this: status, media type, body (without any
 * undocumented property), an error code that the operation may give and, when `headers` are passed, every header that
 * the status promises. `body` is parsed JSON; undefined, null or '' for none. What bytes hold is not looked at.
 */
export function expectResponseMatches(
  operationId: string,
  status: number,
  contentType: string | null | undefined,
  body: unknown,
  headers?: { get(name: string): string | null },
): void {
  const where = `${operationId} → ${status}`;
  const operation = found.get(operationId);
  if (!operation) throw new Error(`${operationId} is not an operationId of the document`);
  const response = operation.responses[status];
  if (!response) {
    throw new Error(`${where}: the document has only ${Object.keys(operation.responses)}; got ${JSON.stringify(body)}`);
  }
  for (const [name, header] of Object.entries(headers ? (response.headers ?? {}) : {})) {
    const { required } = header as oas31.HeaderObject;
    if (required && headers?.get(name) === null) throw new Error(`${where}: the header ${name} is missing`);
  }
  checkBody(where, status, response, contentType, body);
}

/** The same for an error that belongs to no operation: an unknown method, a path that cannot be decoded. */
export function expectProblem(status: number, contentType: string | null | undefined, body: unknown): void {
  const codes = (Object.keys(ERROR_CODES) as ErrorCode[]).filter((code) => ERROR_CODES[code].status === status);
  const content = { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } };
  checkBody(`problem ${status}`, status, { description: '', content, 'x-error-codes': codes }, contentType, body);
}

function checkBody(
  where: string,
  status: number,
  response: oas31.ResponseObject,
  contentType: string | null | undefined,
  body: unknown,
): void {
  const [documented] = Object.keys(response.content ?? {});
  if (documented === undefined) {
    if (body === undefined || body === null || body === '') return;
    throw new Error(`${where}: expected no body, got ${JSON.stringify(body)}`);
  }
  const mediaType = contentType?.split(';')[0]?.trim().toLowerCase();
  if (mediaType !== undefined && documented === '*/*') return;
  if (mediaType !== documented) throw new Error(`${where}: expected ${documented}, got ${contentType ?? 'no type'}`);
  const schema = response.content?.[documented]?.schema as oas31.SchemaObject | undefined;
  if (schema?.format === 'binary') return;

  const failure = validatorOf(response).validateResponse(200, structuredClone(body));
  if (failure) {
    const errors = (failure.errors as { path?: string; message: string }[])
      .map((error) => `  ${error.path ?? ''} ${error.message}`)
      .join('\n');
    throw new Error(`${where}: the body is not as documented\n${errors}\n${JSON.stringify(body, null, 2)}`);
  }
  const codes = response['x-error-codes'] as readonly string[] | undefined;
  const problem = body as { status: number; code: string };
  if (codes && !codes.includes(problem.code))
    throw new Error(`${where}: the document has only ${codes}, got ${problem.code}`);
  if (codes && problem.status !== status) throw new Error(`${where}: the body says status ${problem.status}`);
}

const validators = new WeakMap<oas31.ResponseObject, InstanceType<typeof ResponseValidator>>();

function validatorOf(response: oas31.ResponseObject): InstanceType<typeof ResponseValidator> {
  let validator = validators.get(response);
  if (!validator) {
    // any status will do: the caller has found the response already
    const args = { responses: { 200: response }, components: closedComponents, customFormats: formats };
    validator = new ResponseValidator(args as unknown as ConstructorParameters<typeof ResponseValidator>[0]);
    validators.set(response, validator);
  }
  return validator;
}
