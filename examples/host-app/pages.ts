import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import express, { type Router } from 'express';
import { docsPage } from './docs-page.js';
import { homePage } from './home-page.js';

const PUBLIC = fileURLToPath(new URL('./public', import.meta.url));
const SWAGGER_UI = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/swagger-ui.css'));

const CONTENT_SECURITY_POLICY = {
  'default-src': "'none'",
  'script-src': "'self'",
  'style-src': "'self'",
  'img-src': "'self' data:",
  // a viewer that uploads to a bucket adds the bucket's origin here
  'connect-src': "'self'",
  'base-uri': "'none'",
  'form-action': "'none'",
  'frame-ancestors': "'none'",
};

/** What people look at: `/`, and Swagger UI under `/docs`, with nothing from anywhere else. */
export function pages(url: string): Router {
  const router = express.Router();
  // Swagger UI sets style attributes
  router.use('/docs', withPolicy({ ...CONTENT_SECURITY_POLICY, 'style-src': "'self' 'unsafe-inline'" }));
  router.use('/docs/assets', express.static(SWAGGER_UI, { index: false, maxAge: '1h' }));
  router.get('/docs', (_req, res) => void res.send(docsPage()));

  router.use(withPolicy(CONTENT_SECURITY_POLICY));
  router.get('/', (_req, res) => void res.send(homePage(url)));
  router.use('/public', express.static(PUBLIC, { index: false }));
  return router;
}

function withPolicy(policy: Record<string, string>): express.RequestHandler {
  const header = Object.entries(policy)
    .map(([name, value]) => `${name} ${value}`)
    .join('; ');
  return (_req, res, next) => {
    res.set({
      'Content-Security-Policy': header,
      'X-Content-Type-Options': 'nosniff',
      'Referrer-Policy': 'no-referrer',
    });
    next();
  };
}
