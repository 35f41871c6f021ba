import { checkedBaseUrl, wrong } from './check-options.js';
import { withDeadline } from './deadline.js';
import { aborted, type FieldError, MaskClientError } from './errors.js';
import type { ClientOptions, HeadersLike } from './types.js';

/** Longer than any answer of the API takes: `complete` gives up by itself after some 20 s. */
const ANSWER_TIMEOUT_MS = 90_000;

export interface ApiAnswer {
  status: number;
  /** Undefined where bytes were asked for. */
  json: unknown;
  response: Response;
}

export type ApiRequester = (
  method: string,
  path: string,
  options: { body?: unknown; signal: AbortSignal | undefined; bytes?: boolean },
) => Promise<ApiAnswer>;

/**
 * Calls the API with the caller's headers. Rejects with MaskClientError for every answer that is not a success.
 *
 * @throws MaskClientError `invalid-request`: of `baseUrl`
 */
export function createRequester(options: ClientOptions): ApiRequester {
  const { headers, fetch: ownFetch } = options;
  const base = checkedBaseUrl(options);
  return async (method, path, { body, signal, bytes = false }) => {
    const sent = await headersNow(headers);
    if (body !== undefined) sent.set('Content-Type', 'application/json');
    const init: RequestInit = { method, headers: sent, redirect: bytes ? 'manual' : 'follow' };
    if (body !== undefined) init.body = JSON.stringify(body);
    try {
      return await withDeadline(signal, ANSWER_TIMEOUT_MS, async (withinTime) => {
        const within = bytes ? untilRead(signal, withinTime) : withinTime;
        const response = await (ownFetch ?? fetch)(`${base}${path}`, { ...init, signal: within });
        if (bytes && (response.ok || isRedirect(response))) {
          return { status: response.status, json: undefined, response };
        }
        return { status: response.status, json: await jsonOf(response), response };
      });
    } catch (error) {
      if (error instanceof MaskClientError) throw error;
      if (signal?.aborted) throw aborted();
      throw new MaskClientError('network-error', 'The server did not answer.', { retryable: true, cause: error });
    }
  };
}

/** The caller reads the bytes after the deadline is over: their own signal has to reach that far. */
function untilRead(signal: AbortSignal | undefined, withinTime: AbortSignal): AbortSignal {
  const { any } = AbortSignal as { any?: unknown }; // browsers have it since 2024
  return signal && any ? AbortSignal.any([signal, withinTime]) : withinTime;
}

async function headersNow(headers: ClientOptions['headers']): Promise<Headers> {
  const given = typeof headers === 'function' ? await asked(headers) : headers;
  try {
    return new Headers(given ?? {});
  } catch {
    // what it says of them may hold the token
    throw wrong('headers has a name or a value that HTTP does not allow.');
  }
}

async function asked(headers: () => HeadersLike | Promise<HeadersLike>): Promise<HeadersLike> {
  try {
    return await headers();
  } catch (error) {
    throw new MaskClientError('unexpected', 'headers threw.', { cause: error });
  }
}

/** What a page sees of a redirect that it does not follow is opaque. */
function isRedirect({ type, status }: Response): boolean {
  return type === 'opaqueredirect' || (status >= 300 && status < 400);
}

async function jsonOf(response: Response): Promise<unknown> {
  const text = await response.text();
  const json = parsed(text);
  if (!response.ok) throw problem(response, json);
  if (response.status !== 204 && json === undefined) {
    const message = 'The answer is not JSON: is baseUrl where the API is mounted?';
    throw new MaskClientError('network-error', message, { status: response.status });
  }
  return json;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The API's own problem; or what a proxy or the host says in its place, told apart by its status alone. */
function problem(response: Response, json: unknown): MaskClientError {
  const { status } = response;
  const { code, detail, errors } = (json ?? {}) as { code?: unknown; detail?: unknown; errors?: unknown };
  const retryAfterSeconds = retryAfter(response.headers.get('Retry-After'));
  const details = {
    status,
    retryable: isWorthRepeating(status) && code !== 'schema-mismatch',
    ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
  };
  if (typeof code === 'string' && typeof detail === 'string') {
    const fields = Array.isArray(errors) ? errors.filter(isFieldError) : [];
    return new MaskClientError(code as FieldError['code'], detail, { ...details, errors: fields });
  }
  const hint = status === 404 ? ' and not as the API does: is baseUrl where it is mounted?' : '.';
  return new MaskClientError(codeOfStatus(status), `The server answered ${status}${hint}`, details);
}

/** The host, or what stands in front of it, may have problems of a shape of its own. */
function isFieldError(error: unknown): error is FieldError {
  const { path, code, message } = (error ?? {}) as Record<string, unknown>;
  return [path, code, message].every((value) => typeof value === 'string');
}

function codeOfStatus(status: number): MaskClientError['code'] {
  if (status === 401) return 'unauthenticated';
  if (status === 403) return 'forbidden';
  if (status === 413) return 'body-too-large';
  return 'network-error';
}

export function isWorthRepeating(status: number): boolean {
  return status === 408 || status === 425 || status === 429 || status >= 500;
}

/** RFC 9110 § 10.2.3: seconds, or a date. A day is the most that anyone can mean. */
export function retryAfter(value: string | null): number | undefined {
  if (value === null) return undefined;
  const seconds = /^\d+$/.test(value) ? Number(value) : (Date.parse(value) - Date.now()) / 1000;
  return Number.isFinite(seconds) ? Math.min(Math.max(seconds, 0), 86_400) : undefined;
}
