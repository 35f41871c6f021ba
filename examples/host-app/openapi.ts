import { mergeOpenApi } from './pacs-mask-upload.js';

const ANNOTATION = {
  type: 'object',
  required: ['id', 'title'],
  properties: { id: { type: 'integer' }, title: { type: 'string' } },
};
const ANNOTATIONS = { content: { 'application/json': { schema: { type: 'array', items: ANNOTATION } } } };

const HOST_DOCUMENT = {
  openapi: '3.1.0',
  info: {
    title: 'Demo annotation server',
    version: '1.0.0',
    description: 'Tokens to try: `demo-radiologist` (annotations 1 and 2), `demo-viewer` (reads 1), `demo-outsider`.',
  },
  servers: [{ url: '/' }],
  security: [{ bearer: [] }],
  paths: {
    '/health': {
      get: {
        operationId: 'getHealth',
        summary: 'Whether the database and the storage answer',
        tags: ['Server'],
        security: [],
        responses: {
          200: { description: 'Both answer', ...json('ok') },
          503: { description: 'One does not, and which', ...json('unavailable') },
        },
      },
    },
    '/api/annotations': {
      get: {
        operationId: 'listAnnotations',
        summary: 'Every annotation there is',
        tags: ['Server'],
        responses: { 200: { description: 'By id', ...ANNOTATIONS }, 401: { description: 'Not one of the tokens' } },
      },
    },
  },
  components: { securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } } },
};

/** The host's own document with the package's paths in it. */
export function openApiDocument() {
  return mergeOpenApi(HOST_DOCUMENT, { mountPath: '/api' });
}

function json(status: string) {
  const word = { type: 'string', enum: ['ok', 'unavailable'] };
  const properties = { status: { type: 'string', const: status }, database: word, storage: word };
  return { content: { 'application/json': { schema: { type: 'object', required: ['status'], properties } } } };
}
