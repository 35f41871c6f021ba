import type { ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { MaskUploadError } from '../domain/errors.js';
import { cutOffStalled } from '../storage/stalled-client.js';
import { storageProblem } from '../use-cases/storage-call.js';

/** An answer of the API, before it is written. */
export interface Answer {
  status: number;
  /** Sent as JSON. */
  body?: unknown;
  /** Sent as it is, in place of `body`. When it fails, the connection breaks. */
  stream?: Readable;
  headers?: Record<string, string>;
}

/** For answers that hold a signed URL: whoever has it may use it. */
export const NO_REFERRER = { 'Referrer-Policy': 'no-referrer' };

const ALWAYS = { 'Cache-Control': 'no-store', 'X-Content-Type-Options': 'nosniff' };

/**
 * Resolves once the answer is written; a streamed one when it is through, or its client has left, and then the stream
 * is destroyed. Rejects when the stream fails: the connection is broken then, as the status cannot be taken back.
 */
export async function send(res: ServerResponse, answer: Answer, stalledMs?: number): Promise<void> {
  const { stream, status, headers } = answer;
  if (!stream) return write(res, answer);
  if (res.headersSent || res.destroyed) return void stream.destroy();
  let clientLeft = false;
  res.once('close', () => {
    clientLeft = stream.errored === null;
  });
  cutOffStalled(res, stalledMs);
  res.writeHead(status, { ...ALWAYS, ...headers });
  await pipeline(stream, res).catch((error: unknown) => {
    if (!clientLeft) throw storageProblem(error);
  });
}

function write(res: ServerResponse, { status, body, headers }: Answer): void {
  if (res.headersSent || res.destroyed) return;
  const bytes = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
  res.writeHead(status, {
    ...ALWAYS,
    ...(bytes && { 'Content-Type': 'application/json', 'Content-Length': String(bytes.length) }),
    ...headers,
  });
  res.end(bytes);
}

/** RFC 9457. `type` stays `about:blank`; `code` tells the errors apart. */
export function problemAnswer(error: MaskUploadError, headers: Record<string, string> = {}): Answer {
  const body = {
    type: 'about:blank',
    title: error.title,
    status: error.status,
    detail: error.message,
    code: error.code,
    ...(error.errors.length > 0 && { errors: error.errors }),
  };
  const retry = error.retryAfterSeconds === undefined ? {} : { 'Retry-After': String(error.retryAfterSeconds) };
  return { status: error.status, body, headers: { 'Content-Type': 'application/problem+json', ...retry, ...headers } };
}

export function sendProblem(res: ServerResponse, error: MaskUploadError, headers?: Record<string, string>): void {
  write(res, problemAnswer(error, headers));
}
