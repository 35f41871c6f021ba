import { type ApiRequester, createRequester, isWorthRepeating } from './api-request.js';
import { wrong } from './check-options.js';
import { aborted, MaskClientError } from './errors.js';
import type { operations } from './openapi-types.js';
import { fetchSigned } from './store-get.js';
import type { ClientOptions } from './types.js';

/** Every operation of the API: its method and path. */
const ROUTES = {
  createMaskGroup: ['POST', '/annotations/{annotation_id}/mask-groups'],
  listMaskGroups: ['GET', '/annotations/{annotation_id}/mask-groups'],
  getMaskGroup: ['GET', '/annotations/{annotation_id}/mask-groups/{group_id}'],
  getMaskGroupArchive: ['GET', '/annotations/{annotation_id}/mask-groups/{group_id}/archive'],
  updateMaskGroup: ['PATCH', '/annotations/{annotation_id}/mask-groups/{group_id}'],
  deleteMaskGroup: ['DELETE', '/annotations/{annotation_id}/mask-groups/{group_id}'],
  signUpload: ['POST', '/annotations/{annotation_id}/mask-groups/{group_id}/signed-url'],
  signUploads: ['POST', '/annotations/{annotation_id}/mask-groups/{group_id}/signed-urls'],
  completeUpload: ['POST', '/annotations/{annotation_id}/mask-groups/{group_id}/complete'],
  listUploads: ['GET', '/annotations/{annotation_id}/mask-groups/{group_id}/uploads'],
  renewUpload: ['POST', '/annotations/{annotation_id}/mask-groups/{group_id}/uploads/{upload_id}/signed-url'],
  giveUpUpload: ['DELETE', '/annotations/{annotation_id}/mask-groups/{group_id}/uploads/{upload_id}'],
  listMasks: ['GET', '/annotations/{annotation_id}/mask-groups/{group_id}/masks'],
  getMask: ['GET', '/annotations/{annotation_id}/masks/{mask_id}'],
  signMaskDownload: ['POST', '/annotations/{annotation_id}/masks/{mask_id}/download-url'],
  getMaskContent: ['GET', '/annotations/{annotation_id}/masks/{mask_id}/content'],
  deleteMask: ['DELETE', '/annotations/{annotation_id}/masks/{mask_id}'],
} as const satisfies Record<OperationId | InBytes, readonly [string, string]>;

type OperationId = keyof operations;
/** Answered with bytes: the caller gets the Response, to stream it. */
type InBytes = 'getMaskContent' | 'getMaskGroupArchive';

type Body<Id extends OperationId> = operations[Id] extends { requestBody: { content: { 'application/json': infer B } } }
  ? { body: B }
  : NonNullable<operations[Id]['requestBody']> extends { content: { 'application/json': infer B } }
    ? { body?: B }
    : unknown;

type QueryOf<Id extends OperationId> = NonNullable<operations[Id]['parameters']['query']>;
type Query<Id extends OperationId> = [QueryOf<Id>] extends [never] ? unknown : QueryOf<Id>;

/** Path and query parameters as the API names them, side by side; `body` where there is one. */
export type OperationInput<Id extends OperationId> = operations[Id]['parameters']['path'] &
  Query<Id> &
  Body<Id> & { signal?: AbortSignal | undefined };

type JsonOf<R> = R extends { content: { 'application/json': infer J } } ? J : undefined;

/** The JSON of the answer; undefined where there is none; the Response itself for bytes. */
export type OperationOutput<Id extends OperationId> = Id extends InBytes
  ? Response
  : JsonOf<operations[Id]['responses'][keyof operations[Id]['responses']]>;

/** One function per operation of the API. All reject with MaskClientError. Nothing is repeated: that is the caller's. */
export type MaskClient = {
  [Id in OperationId]: (input: OperationInput<Id>) => Promise<OperationOutput<Id>>;
};

export function createMaskClient(options: ClientOptions): MaskClient {
  const request = createRequester(options);
  const functions = Object.entries(ROUTES).map(([id, [method, path]]) => [
    id,
    (input: Record<string, unknown>) => call(request, method, path, input, id === 'getMaskGroupArchive'),
  ]);
  const client = Object.fromEntries(functions) as MaskClient;
  return { ...client, getMaskContent: (input) => maskContent(request, client, input) };
}

async function call(
  request: ApiRequester,
  method: string,
  template: string,
  input: Record<string, unknown>,
  bytes: boolean,
): Promise<unknown> {
  const { path, query } = addressOf(template, input);
  const signal = input.signal as AbortSignal | undefined;
  const { json, response } = await request(method, `${path}${query}`, { body: input.body, signal, bytes });
  return bytes ? response : json;
}

function addressOf(template: string, input: Record<string, unknown>): { path: string; query: string } {
  const rest = new Map(Object.entries(input));
  rest.delete('body');
  rest.delete('signal');
  const path = template.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = rest.get(name);
    rest.delete(name);
    if (value === undefined || value === null || value === '') throw wrong(`Pass ${name}.`);
    return encodeURIComponent(String(value));
  });
  const query = new URLSearchParams();
  for (const [name, value] of rest) if (value !== undefined && value !== null) query.set(name, String(value));
  const text = query.toString();
  return { path, query: text && `?${text}` };
}

/**
 * A redirect to the store is not followed: `fetch` would take the API's headers along to another origin (all but
 * Authorization). The signed URL is asked for instead, and gets none of them.
 */
async function maskContent(
  request: ApiRequester,
  client: MaskClient,
  { annotation_id, mask_id, signal }: OperationInput<'getMaskContent'>,
): Promise<Response> {
  const [method, template] = ROUTES.getMaskContent;
  const { path } = addressOf(template, { annotation_id, mask_id });
  const { response } = await request(method, path, { signal, bytes: true });
  if (response.ok) return response;
  await response.body?.cancel();
  const signed = await client.signMaskDownload({ annotation_id, mask_id, ...(signal && { signal }) });
  return storedContent(signed, signal);
}

async function storedContent(
  signed: OperationOutput<'signMaskDownload'>,
  signal: AbortSignal | undefined,
): Promise<Response> {
  const response = await fetchSigned(signed, { signal }).catch(() => {
    // what fetch says of it may hold the URL
    if (signal?.aborted) throw aborted();
    throw new MaskClientError('store-unreachable', 'The store does not answer.', { retryable: true });
  });
  if (response.ok) return response;
  const { status } = response;
  await response.body?.cancel();
  if (!isWorthRepeating(status)) {
    throw new MaskClientError('store-refused', `The store refuses the download: ${status}.`, { status });
  }
  throw new MaskClientError('store-unreachable', `The store answers ${status}.`, { status, retryable: true });
}
