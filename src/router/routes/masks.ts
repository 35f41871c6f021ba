import { parseIncludeQuery, parseListMasksQuery } from '../../domain/query.js';
import { deleteMask } from '../../use-cases/delete-mask.js';
import { getMask } from '../../use-cases/get-mask.js';
import { listMasks } from '../../use-cases/list-masks.js';
import { signMaskDownload } from '../../use-cases/sign-download.js';
import { NO_REFERRER } from '../respond.js';
import { MASK, MASKS, type Route } from './route.js';

export const maskRoutes: Route[] = [
  {
    operation: 'listMasks',
    method: 'GET',
    path: MASKS,
    action: 'read',
    run: async ({ context, scope, query }) => ({
      status: 200,
      body: await listMasks(context, scope, parseListMasksQuery(query)),
      headers: NO_REFERRER,
    }),
  },
  {
    operation: 'getMask',
    method: 'GET',
    path: MASK,
    action: 'read',
    run: async ({ context, scope, query }) => ({
      status: 200,
      body: await getMask(context, scope, parseIncludeQuery(query)),
      headers: NO_REFERRER,
    }),
  },
  {
    operation: 'deleteMask',
    method: 'DELETE',
    path: MASK,
    action: 'delete',
    async run({ context, scope }) {
      await deleteMask(context, scope);
      return { status: 204 };
    },
  },
  {
    operation: 'signMaskDownload',
    method: 'POST',
    path: `${MASK}/download-url`,
    action: 'read',
    run: async ({ context, scope, body }) => ({
      status: 200,
      body: await signMaskDownload(context, scope, body),
      headers: NO_REFERRER,
    }),
  },
];
