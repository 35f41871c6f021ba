import type { IncomingMessage, ServerResponse } from 'node:http';
import { isStorageError } from '../storage.js';
import { answerPreflight, type CorsOrigins, setCorsHeaders } from './cors.js';
import { errnoOf, isFull } from './errno.js';
import { getObject } from './get-object.js';
import { type Grant, grantOf } from './grant.js';
import { answerProblem, Problem } from './problem.js';
import { putObject, putPart } from './put-object.js';
import type { RootFolder } from './root-folder.js';

/** An Express middleware, and a listener for node:http as it is. */
export type StorageHandler = (req: IncomingMessage, res: ServerResponse, next?: (err?: unknown) => void) => void;

const ALLOW = 'GET, HEAD, PUT';
const RETRY_AFTER_SECONDS = '5';
const CLIENT_GONE = new Set(['ECONNRESET', 'EPIPE', 'ERR_STREAM_PREMATURE_CLOSE']);

export interface HandlerOptions {
  root: RootFolder;
  secrets: readonly Buffer[];
  /** The path of the public URL, without a slash at its end. */
  basePath: string;
  corsOrigins: CorsOrigins;
  maxIdleMs: number;
  clock: () => number;
  onError: (error: unknown) => void;
}

export function createHandler(options: HandlerOptions): StorageHandler {
  return (req, res, next) => {
    const path = pathBelow(req, options.basePath, next !== undefined);
    if (path === undefined) next?.();
    else
      serve(options, path, req, res)
        .catch((error) => answerError(options, error, req, res))
        .catch((error) => next?.(error)); // the host's onError threw
  };
}

async function serve(options: HandlerOptions, path: string, req: IncomingMessage, res: ServerResponse): Promise<void> {
  setCorsHeaders(req, res, options.corsOrigins);
  if (req.method === 'OPTIONS') return answerPreflight(res, ALLOW);
  const now = options.clock();
  const grant = permitted(req.method, path, options.secrets, now);
  if (grant.method !== 'PUT') await getObject(options.root, grant, req, res, now);
  else if (grant.partNumber === undefined) await putObject(options.root, grant, req, res, options.maxIdleMs);
  else await putPart(options.root, grant, req, res, options.maxIdleMs);
}

function permitted(method: string | undefined, path: string, secrets: readonly Buffer[], now: number): Grant {
  if (method !== 'GET' && method !== 'HEAD' && method !== 'PUT') {
    throw new Problem(405, 'Signed URLs are for GET, HEAD and PUT', { Allow: `${ALLOW}, OPTIONS` });
  }
  const grant = grantOf(method, path, secrets);
  if (!grant) throw new Problem(403, 'The URL was not signed for this request, or has been changed');
  if (now >= grant.expiresAt) throw new Problem(403, 'The URL has expired: ask for a new one');
  return grant;
}

/**
 * The path and query below the public URL. Express and connect have taken the mount path off already, and keep the
 * whole in `originalUrl`; otherwise we take it off here. Undefined for what is not below it, if there is a `next`.
 */
function pathBelow(req: IncomingMessage, basePath: string, hasNext: boolean): string | undefined {
  const url = req.url ?? '';
  const { originalUrl } = req as { originalUrl?: unknown };
  if (originalUrl !== undefined && originalUrl !== url) return url;
  if (url.startsWith(`${basePath}/`)) return url.slice(basePath.length);
  return hasNext ? undefined : url;
}

function answerError(options: HandlerOptions, error: unknown, req: IncomingMessage, res: ServerResponse): void {
  if (CLIENT_GONE.has(errnoOf(error) ?? '')) {
    res.destroy();
    return;
  }
  const problem = error instanceof Problem ? error : problemOf(error);
  answerProblem(req, res, problem);
  if (problem.status >= 500) options.onError(error);
}

function problemOf(error: unknown): Problem {
  if (isFull(error)) return new Problem(507, 'The storage is full');
  if (!isStorageError(error)) return new Problem(500, 'The request failed');
  if (error.code === 'no-such-key') return new Problem(404, 'There is no such object');
  if (error.code === 'no-such-upload') return new Problem(404, 'The upload was completed or given up');
  return new Problem(503, 'The storage is not available', { 'Retry-After': RETRY_AFTER_SECONDS });
}
