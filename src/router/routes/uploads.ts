import { parseListUploadsQuery } from '../../domain/query.js';
import { completeUpload } from '../../use-cases/complete-upload.js';
import { giveUpUpload } from '../../use-cases/give-up-upload.js';
import { listUploads } from '../../use-cases/list-uploads.js';
import { renewUpload } from '../../use-cases/renew-upload.js';
import { signUpload, signUploads } from '../../use-cases/sign-uploads.js';
import { NO_REFERRER } from '../respond.js';
import { GROUP, type Route, UPLOAD, UPLOADS } from './route.js';

export const uploadRoutes: Route[] = [
  {
    operation: 'signUpload',
    method: 'POST',
    path: `${GROUP}/signed-url`,
    action: 'write',
    run: async ({ context, scope, body }) => ({
      status: 200,
      body: await signUpload(context, scope, body),
      headers: NO_REFERRER,
    }),
  },
  {
    operation: 'signUploads',
    method: 'POST',
    path: `${GROUP}/signed-urls`,
    action: 'write',
    run: async ({ context, scope, body }) => ({
      status: 200,
      body: await signUploads(context, scope, body),
      headers: NO_REFERRER,
    }),
  },
  {
    operation: 'listUploads',
    method: 'GET',
    path: UPLOADS,
    action: 'read',
    run: async ({ context, scope, query }) => ({
      status: 200,
      body: await listUploads(context, scope, parseListUploadsQuery(query)),
    }),
  },
  {
    operation: 'renewUpload',
    method: 'POST',
    path: `${UPLOAD}/signed-url`,
    action: 'write',
    run: async ({ context, scope, body }) => ({
      status: 200,
      body: await renewUpload(context, scope, body),
      headers: NO_REFERRER,
    }),
  },
  {
    operation: 'giveUpUpload',
    method: 'DELETE',
    path: UPLOAD,
    action: 'write',
    async run({ context, scope }) {
      await giveUpUpload(context, scope);
      return { status: 204 };
    },
  },
  {
    operation: 'completeUpload',
    method: 'POST',
    path: `${GROUP}/complete`,
    action: 'write',
    // replacing deletes what was there
    alsoNeeds: (body) => ((body as { replace?: unknown } | null)?.replace ? 'delete' : undefined),
    run: async ({ context, scope, body }) => ({ status: 200, body: await completeUpload(context, scope, body) }),
  },
];
