import { parseListMaskGroupsQuery } from '../../domain/query.js';
import { UNTRUSTED } from '../../domain/served-file.js';
import { createMaskGroup } from '../../use-cases/create-mask-group.js';
import { deleteMaskGroup } from '../../use-cases/delete-mask-group.js';
import { getMaskGroup, requireGroup } from '../../use-cases/get-mask-group.js';
import { getMaskGroupArchive } from '../../use-cases/get-mask-group-archive.js';
import { listMaskGroups } from '../../use-cases/list-mask-groups.js';
import { updateMaskGroup } from '../../use-cases/update-mask-group.js';
import { GROUP, GROUPS, type Route } from './route.js';

export const maskGroupRoutes: Route[] = [
  {
    operation: 'createMaskGroup',
    method: 'POST',
    path: GROUPS,
    action: 'write',
    async run({ context, scope, body, url }) {
      const group = await createMaskGroup(context, scope, body);
      return { status: 201, body: group, headers: { Location: `${url.replace(/\/$/, '')}/${group.id}` } };
    },
  },
  {
    operation: 'listMaskGroups',
    method: 'GET',
    path: GROUPS,
    action: 'read',
    run: async ({ context, scope, query }) => ({
      status: 200,
      body: await listMaskGroups(context, scope, parseListMaskGroupsQuery(query)),
    }),
  },
  {
    operation: 'getMaskGroup',
    method: 'GET',
    path: GROUP,
    action: 'read',
    run: async ({ context, scope }) => ({ status: 200, body: await getMaskGroup(context, scope) }),
  },
  {
    operation: 'getMaskGroupArchive',
    method: 'GET',
    path: `${GROUP}/archive`,
    action: 'read',
    async run({ context, scope, method }) {
      const headers = {
        'Content-Type': 'application/zip',
        'Content-Disposition': `attachment; filename="mask-group-${scope.groupId}.zip"`,
        'Cache-Control': 'private, no-store',
        ...UNTRUSTED,
      };
      if (method !== 'HEAD') return { status: 200, stream: await getMaskGroupArchive(context, scope), headers };
      await requireGroup(context, scope);
      return { status: 200, headers };
    },
  },
  {
    operation: 'updateMaskGroup',
    method: 'PATCH',
    path: GROUP,
    action: 'write',
    run: async ({ context, scope, body }) => ({ status: 200, body: await updateMaskGroup(context, scope, body) }),
  },
  {
    operation: 'deleteMaskGroup',
    method: 'DELETE',
    path: GROUP,
    action: 'delete',
    async run({ context, scope }) {
      await deleteMaskGroup(context, scope);
      return { status: 204 };
    },
  },
];
