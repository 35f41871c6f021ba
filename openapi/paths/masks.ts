import type { oas31 } from 'openapi3-ts';
import { operation } from '../operation.js';
import { annotationId, groupId, ifNoneMatch, ifRange, include, maskFilters, maskId, range } from '../parameters.js';
import { bytes, contentRange, json, location, secret, stored } from '../responses.js';

export const maskPaths: Record<string, oas31.PathItemObject> = {
  '/annotations/{annotation_id}/mask-groups/{group_id}/masks': {
    get: operation({
      id: 'listMasks',
      tag: 'masks',
      summary: 'List the masks of a group',
      description:
        'Ordered by slice index, label and id; masks without slice or label come last. Filters match exactly and can ' +
        'be combined.',
      parameters: [annotationId, groupId, ...maskFilters],
      answers: { 200: json('A page of masks.', 'MaskList', secret) },
      errors: ['invalid-cursor', 'mask-group-not-found', 'storage-unavailable'],
    }),
  },

  '/annotations/{annotation_id}/masks/{mask_id}': {
    get: operation({
      id: 'getMask',
      tag: 'masks',
      summary: 'Get a mask',
      parameters: [annotationId, maskId, include],
      answers: { 200: json('The mask.', 'Mask', secret) },
      errors: ['mask-not-found', 'storage-unavailable'],
    }),
    delete: operation({
      id: 'deleteMask',
      tag: 'masks',
      summary: 'Delete a mask',
      description: 'Deletes the mask and its stored object.',
      parameters: [annotationId, maskId],
      answers: { 204: { description: 'The mask is gone.' } },
      errors: ['mask-not-found'],
    }),
  },

  '/annotations/{annotation_id}/masks/{mask_id}/download-url': {
    post: operation({
      id: 'signMaskDownload',
      tag: 'masks',
      summary: 'Sign the download of a mask',
      description:
        'The URL stays the same for half its life, so that caches work. The bytes come as they are stored: with ' +
        '`content_encoding` set, they are compressed.',
      parameters: [annotationId, maskId],
      body: 'SignDownloadRequest',
      bodyOptional: true,
      answers: { 200: json('Where and how to download the mask.', 'SignedDownload', secret) },
      errors: ['mask-not-found', 'storage-unavailable'],
    }),
  },

  '/annotations/{annotation_id}/masks/{mask_id}/content': {
    get: operation({
      id: 'getMaskContent',
      tag: 'masks',
      summary: 'Get the bytes of a mask',
      description:
        'For `<img>` and curl: redirects to a signed GET (a HEAD request to a signed HEAD) or, where this server is set ' +
        'to, answers with the stored bytes themselves, whole or a single range of them. With `content_encoding` set, ' +
        'they are compressed.',
      parameters: [annotationId, maskId, range, ifNoneMatch, ifRange],
      answers: {
        200: bytes('The stored bytes.', '*/*', stored),
        206: bytes('The range of the stored bytes.', '*/*', { ...stored, ...contentRange }),
        302: {
          description: 'The bytes are at `Location`.',
          headers: { ...location('A signed URL, valid for a short time. Treat it as a secret.'), ...secret },
        },
        304: { description: 'The bytes are those that the client has.', headers: stored },
      },
      errors: ['mask-not-found', 'range-not-satisfiable', 'storage-unavailable'],
    }),
  },
};
