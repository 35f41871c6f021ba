import { MaskClientError } from './errors.js';
import type { ClientOptions, MaskFile } from './types.js';

/** What callers from JavaScript get wrong; it is told at once, not half a minute of repeating later. */
export function wrong(message: string): MaskClientError {
  return new MaskClientError('invalid-request', message);
}

/**
 * The address without its last slashes.
 *
 * @throws MaskClientError `invalid-request` for one that paths cannot be put after, or that `fetch` would not take
 */
export function checkedBaseUrl({ baseUrl, fetch: ownFetch }: ClientOptions): string {
  if (typeof baseUrl !== 'string') throw wrong('baseUrl is missing: where the router is mounted.');
  if (/[?#]/.test(baseUrl)) throw wrong('baseUrl cannot have a query or a fragment.');
  const base = baseUrl.replace(/\/+$/, '');
  const url = resolved(`${base}/`);
  if (url && (url.username || url.password)) throw wrong('baseUrl cannot have credentials: pass headers.');
  // one's own fetch may make something of any address
  if (!ownFetch && !url?.host) throw wrong('baseUrl must be an http or https URL; a path alone is for pages.');
  return base;
}

function resolved(address: string): URL | undefined {
  const { document, location } = globalThis as { document?: { baseURI: string }; location?: { href: string } };
  try {
    return new URL(address, document?.baseURI ?? location?.href);
  } catch {
    return undefined;
  }
}

interface Limits {
  annotationId: unknown;
  concurrency?: number | undefined;
  idleTimeoutMs?: number | undefined;
}

/** @throws MaskClientError `invalid-request` */
export function checkLimits({ annotationId, concurrency, idleTimeoutMs }: Limits): void {
  if (annotationId === undefined || annotationId === null || annotationId === '') throw wrong('Pass annotationId.');
  if (concurrency !== undefined && !(Number.isInteger(concurrency) && concurrency > 0)) {
    throw wrong('concurrency must be a whole number above 0.');
  }
  if (idleTimeoutMs !== undefined && !(idleTimeoutMs > 0)) throw wrong('idleTimeoutMs must be above 0.');
}

/** Also of another realm's, so by what it can do. */
export function isData(data: unknown): data is MaskFile['data'] {
  if (data instanceof Uint8Array) return true;
  const { size, arrayBuffer } = (data ?? {}) as { size?: unknown; arrayBuffer?: unknown };
  return typeof size === 'number' && typeof arrayBuffer === 'function';
}
