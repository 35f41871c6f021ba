import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import express, { type Router } from 'express';
import { aboutPage } from './about-page.js';
import { docsPage } from './docs-page.js';
import { mainPage } from './main-page.js';

const PUBLIC = fileURLToPath(new URL('./public', import.meta.url));
const SWAGGER_UI = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/swagger-ui.css'));

export interface PagesOptions {
  /** Where clients reach this server. */
  url: string;
  /** Where the storage's signed URLs lead. */
  storeOrigin: string | undefined;
  /** The bundled page/main.ts. */
  script: string;
}

/** What people look at: `/`, `/about`, and Swagger UI under `/docs`, with nothing from anywhere else. */
export function pages({ url, storeOrigin, script }: PagesOptions): Router {
  const policy = contentSecurityPolicy(storeOrigin);
  const router = express.Router();
  // Swagger UI sets style attributes
  router.use('/docs', withPolicy({ ...policy, 'style-src': "'self' 'unsafe-inline'" }));
  router.use('/docs/assets', express.static(SWAGGER_UI, { index: false, maxAge: '1h' }));
  router.get('/docs', (_req, res) => void res.send(docsPage()));

  router.use(withPolicy(policy));
  router.get('/', (req, res) => {
    // a page at another name for this machine would be another origin than its own files
    if (req.hostname === 'localhost') res.redirect(url);
    else res.send(mainPage());
  });
  router.get('/main.js', (_req, res) => void res.type('text/javascript').send(script));
  router.get('/about', (_req, res) => void res.send(aboutPage(url)));
  router.use('/public', express.static(PUBLIC, { index: false }));
  return router;
}

/** The page talks to its own server and to the storage, and to nobody else. */
function contentSecurityPolicy(storeOrigin: string | undefined): Record<string, string> {
  const store = storeOrigin === undefined ? '' : ` ${storeOrigin}`;
  return {
    'default-src': "'none'",
    'script-src': "'self'",
    'style-src': "'self'",
    'img-src': `'self' blob: data:${store}`,
    'connect-src': `'self'${store}`,
    'base-uri': "'none'",
    'form-action': "'none'",
    'frame-ancestors': "'none'",
  };
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
