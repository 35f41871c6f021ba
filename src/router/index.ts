import type { IncomingMessage, ServerResponse } from 'node:http';
import express from 'express';
import { MaskUploadError } from '../domain/errors.js';
import type { Principal } from '../domain/types.js';
import { createContext } from '../use-cases/context.js';
import { checkNumber, type MaskUploadOptions } from '../use-cases/options.js';
import { type Auth, checkAuth, HostError, type HostRequest } from './auth.js';
import { createBodyReader } from './body.js';
import { handle, type Next } from './handle.js';
import { observe } from './observe.js';
import { sendProblem } from './respond.js';
import { contentRoute, type DownloadMode } from './routes/content.js';
import { maskGroupRoutes } from './routes/mask-groups.js';
import { maskRoutes } from './routes/masks.js';
import type { Route } from './routes/route.js';
import { uploadRoutes } from './routes/uploads.js';

export interface MaskUploadRouterOptions<P extends Principal = Principal> extends MaskUploadOptions {
  /** Who makes a request, and what they may do. Required. */
  auth: Auth<P>;
  /** Largest JSON body, bytes. Default 2 MiB. */
  maxBodyBytes?: number | undefined;
  /** Milliseconds for a JSON body to arrive, whole. Default 30,000. */
  bodyTimeoutMs?: number | undefined;
  /**
   * How `GET …/content` answers: `redirect` to a signed URL, or `proxy`: the bytes pass through this server, for clients
   * that cannot reach the store. Default `redirect`.
   */
  download?: DownloadMode | undefined;
}

/** Mount it with `app.use(path, router)`, under Express 4 or 5. */
export interface MaskUploadRouter {
  (req: IncomingMessage, res: ServerResponse, next: Next): void;
  /** Stops the upkeep, waiting for what is under way. The knex instance and the storage stay the host's. */
  close(): Promise<void>;
}

const DEFAULT_MAX_BODY_BYTES = 2 * 2 ** 20;
const DEFAULT_BODY_TIMEOUT_MS = 30_000;

/**
 * The HTTP API as an Express router. It answers for its own paths only; everything else goes on to the host's `next`.
 * @throws TypeError or RangeError at construction for options that are missing or cannot work.
 */
export function createMaskUploadRouter<P extends Principal>(options: MaskUploadRouterOptions<P>): MaskUploadRouter {
  const context = createContext(options);
  checkAuth(options.auth);
  const readBody = createBodyReader(
    checkNumber('maxBodyBytes', options.maxBodyBytes ?? DEFAULT_MAX_BODY_BYTES),
    checkNumber('bodyTimeoutMs', options.bodyTimeoutMs ?? DEFAULT_BODY_TIMEOUT_MS, { most: 3_600_000 }),
  );
  const deps = { context, auth: options.auth, readBody };
  const routes: readonly Route[] = [
    ...maskGroupRoutes,
    ...uploadRoutes,
    ...maskRoutes,
    contentRoute(options.download ?? 'redirect'),
  ];

  const router = express.Router({ mergeParams: true });
  for (const path of new Set(routes.map((route) => route.path))) {
    const methods = new Map(
      routes.filter((route) => route.path === path).map((route) => [route.method as string, route]),
    );
    const allowed = [...methods.keys(), ...(methods.has('GET') ? ['HEAD'] : []), 'OPTIONS'].join(', ');
    router.all(path, (req, res, next) => {
      if (req.method === 'OPTIONS') return next();
      const route = methods.get(req.method === 'HEAD' ? 'GET' : req.method);
      if (route) {
        const answer = () => handle(deps, route, req as unknown as HostRequest, res, next);
        return void observe(context.settings.onEvent, route.operation, res, answer);
      }
      const error = new MaskUploadError('method-not-allowed', `This path takes ${allowed}.`);
      sendProblem(res, error, { Allow: allowed });
    });
  }
  router.use(answerError);

  if (context.settings.maintenance) context.upkeep.start();
  const handler = (req: IncomingMessage, res: ServerResponse, next: Next) => router(req as never, res as never, next);
  return Object.assign(handler, { close: () => context.close() });
}

/**
 * Four parameters make it an error handler. Of what arrives here only the path that cannot be decoded is ours: Express
 * raises it before any of our handlers runs.
 */
function answerError(error: unknown, _req: unknown, res: ServerResponse, next: Next): void {
  if (error instanceof HostError) {
    next(error.error);
  } else if (error instanceof URIError && error.message.startsWith('Failed to decode param')) {
    const message = 'The path holds a % that is not followed by two hex digits.';
    sendProblem(res, new MaskUploadError('invalid-request', message));
  } else {
    next(error);
  }
}
