import type { ServerResponse } from 'node:http';
import type { MaskUploadError } from '../domain/errors.js';

/** An answer of the API, before it is written. */
export interface Answer {
  status: number;
  body?: unknown;
  headers?: Record<string, string>;
}

/** For answers that hold a signed URL: whoever has it may use it. */
export const NO_REFERRER = { 'Referrer-Policy': 'no-referrer' };

const ALWAYS = { 'Cache-Control': 'no-store', 'X-Content-Type-Options': 'nosniff' };

export function send(res: ServerResponse, { status, body, headers }: Answer, contentType = 'application/json'): void {
  if (res.headersSent || res.destroyed) return;
  const bytes = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
  res.writeHead(status, {
    ...ALWAYS,
    ...(bytes && { 'Content-Type': contentType, 'Content-Length': String(bytes.length) }),
    ...headers,
  });
  res.end(bytes);
}

/** RFC 9457. `type` stays `about:blank`; `code` tells the errors apart. */
export function sendProblem(res: ServerResponse, error: MaskUploadError, headers: Record<string, string> = {}): void {
  const body = {
    type: 'about:blank',
    title: error.title,
    status: error.status,
    detail: error.message,
    code: error.code,
    ...(error.errors.length > 0 && { errors: error.errors }),
  };
  const retry = error.retryAfterSeconds === undefined ? {} : { 'Retry-After': String(error.retryAfterSeconds) };
  send(res, { status: error.status, body, headers: { ...retry, ...headers } }, 'application/problem+json');
}
