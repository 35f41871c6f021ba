import type { IncomingMessage, ServerResponse } from 'node:http';

const PREFLIGHT_SECONDS = '600';

/** Exact origins (`https://viewer.example`), or `*`. A signed URL is the capability: cookies play no part. */
export type CorsOrigins = readonly string[] | '*';

/** @throws TypeError for what can never be equal to an Origin header */
export function assertCorsOrigins(origins: CorsOrigins): void {
  if (origins === '*') return;
  for (const origin of origins) {
    if (!URL.canParse(origin) || new URL(origin).origin !== origin) {
      throw new TypeError('corsOrigins must hold origins such as https://viewer.example, without a path, or be "*"');
    }
  }
}

/** Sets what a browser on an allowed origin needs to see of any answer, refusals included. */
export function setCorsHeaders(req: IncomingMessage, res: ServerResponse, origins: CorsOrigins): void {
  if (origins.length === 0) return;
  // a host's helmet() says same-origin, and <img> on another site would stay empty
  res.setHeader('Cross-Origin-Resource-Policy', 'cross-origin');
  if (origins !== '*') res.appendHeader('Vary', 'Origin');
  const origin = req.headers.origin;
  if (origin === undefined || !(origins === '*' || origins.includes(origin))) return;
  res.setHeader('Access-Control-Allow-Origin', origins === '*' ? '*' : origin);
  res.setHeader(
    'Access-Control-Expose-Headers',
    'ETag, Content-Length, Content-Range, Content-Encoding, Accept-Ranges',
  );
}

/** Answers a preflight. An origin that is not allowed gets no headers, which is how browsers are told no. */
export function answerPreflight(res: ServerResponse, allow: string): void {
  if (res.hasHeader('Access-Control-Allow-Origin')) {
    res.setHeader('Access-Control-Allow-Methods', allow);
    res.setHeader('Access-Control-Allow-Headers', 'Content-Type, Content-Encoding, If-None-Match, If-Range, Range');
    res.setHeader('Access-Control-Max-Age', PREFLIGHT_SECONDS);
  }
  res.statusCode = 204;
  res.setHeader('Allow', `${allow}, OPTIONS`);
  res.end();
}
