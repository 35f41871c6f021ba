import type { oas31 } from 'openapi3-ts';
import { operation } from '../operation.js';
import { annotationId, groupId, maskGroupFilters } from '../parameters.js';
import { attachment, bytes, json, location } from '../responses.js';

export const groupPaths: Record<string, oas31.PathItemObject> = {
  '/annotations/{annotation_id}/mask-groups': {
    post: operation({
      id: 'createMaskGroup',
      tag: 'groups',
      summary: 'Create a mask group',
      description: 'Every field is optional. The user who makes the request is kept as `created_by`.',
      parameters: [annotationId],
      body: 'CreateMaskGroupRequest',
      answers: { 201: json('The group that was created.', 'MaskGroup', location('Where the new group is.')) },
      errors: ['unsafe-name'],
    }),
    get: operation({
      id: 'listMaskGroups',
      tag: 'groups',
      summary: 'List the mask groups of an annotation',
      description: 'Newest first. Filters match exactly and can be combined.',
      parameters: [annotationId, ...maskGroupFilters],
      answers: { 200: json('A page of groups.', 'MaskGroupList') },
      errors: ['invalid-cursor'],
    }),
  },

  '/annotations/{annotation_id}/mask-groups/{group_id}': {
    get: operation({
      id: 'getMaskGroup',
      tag: 'groups',
      summary: 'Get a mask group, with what it holds',
      parameters: [annotationId, groupId],
      answers: { 200: json('The group and its `stats`.', 'MaskGroupWithStats') },
      errors: ['mask-group-not-found'],
    }),
    patch: operation({
      id: 'updateMaskGroup',
      tag: 'groups',
      summary: 'Change a mask group',
      description: 'Changes the fields that are sent; `null` clears a field.',
      parameters: [annotationId, groupId],
      body: 'UpdateMaskGroupRequest',
      answers: { 200: json('The group as it is now.', 'MaskGroup') },
      errors: ['unsafe-name', 'mask-group-not-found'],
    }),
    delete: operation({
      id: 'deleteMaskGroup',
      tag: 'groups',
      summary: 'Delete a mask group',
      description: 'Deletes the group, its masks, its pending uploads and the stored objects.',
      parameters: [annotationId, groupId],
      answers: { 204: { description: 'The group is gone.' } },
      errors: ['mask-group-not-found'],
    }),
  },

  '/annotations/{annotation_id}/mask-groups/{group_id}/archive': {
    get: operation({
      id: 'getMaskGroupArchive',
      tag: 'groups',
      summary: 'Download every mask of a group as a ZIP',
      description:
        'Holds every file as it is stored, named by slice, label and mask id (`slice-0042_liver_mask-4711.png`), and a ' +
        '`metadata.json`: `mask_group`, and `masks`, each with its `file_name` in the ZIP, true `label_name`, slice, ' +
        '`checksum` and all else that is known of it. It is the group at one moment: when a file is missing, or a mask ' +
        'is deleted before its turn, the connection breaks. A ZIP that ends is whole.',
      parameters: [annotationId, groupId],
      answers: { 200: bytes('The ZIP.', 'application/zip', attachment) },
      errors: ['mask-group-not-found', 'mask-not-found', 'storage-unavailable'],
    }),
  },
};
