import express, { type Express, type NextFunction, type Request, type Response } from 'express';
import type { Knex } from 'knex';
import { annotationRoutes } from './annotations.js';
import { auth } from './auth.js';
import type { Config } from './config.js';
import { createHealthCheck } from './health.js';
import { openApiDocument } from './openapi.js';
import { createMaskUploadRouter, type MaskUploadOptions } from './pacs-mask-upload.js';
import { pages } from './pages.js';
import type { OpenStorage } from './storage.js';
import { storeOrigin } from './store-origin.js';

export interface App {
  handler: Express;
  /** Stops the package's upkeep. */
  close(): Promise<void>;
}

/** The annotation server: its own routes, and the package's under /api. */
export async function createApp({
  knex,
  storage,
  url,
  script,
  options,
}: {
  knex: Knex;
  storage: OpenStorage;
  /** Where clients reach this server. */
  url: string;
  /** The bundled page. */
  script: string;
  options: Config['options'] & Pick<MaskUploadOptions, 'onEvent'>;
}): Promise<App> {
  const app = express();
  app.disable('x-powered-by');

  // ahead of everything: the signature in the URL is the capability, and the body is a file
  if (storage.handler) app.use(storage.handler);

  // ahead of express.json(), if there were one: the router reads its own bodies, also those above 100 kB
  const router = createMaskUploadRouter({ knex, storage, auth, ...options });
  app.use('/api', router);
  app.use('/api', annotationRoutes(knex));

  const health = createHealthCheck(knex, storage);
  app.get('/health', async (_req, res) => {
    const report = await health();
    res.set('Cache-Control', 'no-store');
    res.status(report.status === 'ok' ? 200 : 503).json(report);
  });
  app.get('/openapi.json', (_req, res) => {
    res.json(openApiDocument());
  });
  app.use(pages({ url, storeOrigin: await storeOrigin(storage), script }));

  app.use((_req, res) => problem(res, 404, 'Not found'));
  app.use((error: unknown, _req: Request, res: Response, next: NextFunction) => {
    if (res.headersSent) return next(error);
    const { status } = error as { status?: unknown };
    if (typeof status === 'number' && status >= 400 && status < 500) return problem(res, status, 'Bad request');
    console.error(error);
    problem(res, 500, 'Internal error');
  });
  return { handler: app, close: () => router.close() };
}

function problem(res: Response, status: number, title: string): void {
  res
    .status(status)
    .type('application/problem+json')
    .send(JSON.stringify({ type: 'about:blank', title, status }));
}
