import { completeUpload } from '../../use-cases/complete-upload.js';
import { signUpload, signUploads } from '../../use-cases/sign-uploads.js';
import { NO_REFERRER } from '../respond.js';
import { GROUP, type Route } from './route.js';

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
    operation: 'completeUpload',
    method: 'POST',
    path: `${GROUP}/complete`,
    action: 'write',
    // replacing deletes what was there
    alsoNeeds: (body) => ((body as { replace?: unknown } | null)?.replace ? 'delete' : undefined),
    run: async ({ context, scope, body }) => ({ status: 200, body: await completeUpload(context, scope, body) }),
  },
];
