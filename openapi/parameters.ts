import type { oas31 } from 'openapi3-ts';
import { PAGE_LIMITS } from '../src/domain/query.js';
import { id, integer, MAX_INT32, MAX_TEXT, type Schema, text, UID_PATTERN } from './schema-parts.js';

type Parameter = oas31.ParameterObject;

function inPath(name: string, description: string, schema: Schema, example: number | string): Parameter {
  return { name, in: 'path', required: true, description, schema, example };
}

function inQuery(name: string, description: string, schema: Schema): Parameter {
  const { description: _, ...rest } = schema;
  return { name, in: 'query', description, schema: rest };
}

function inHeader(name: string, description: string): Parameter {
  return { name, in: 'header', description, schema: { type: 'string' } };
}

export const annotationId = inPath(
  'annotation_id',
  'The annotation’s key in the host’s own table.',
  { type: ['integer', 'string'] },
  1,
);
export const groupId = inPath('group_id', 'The mask group’s id.', id(''), 7);
export const uploadId = inPath(
  'upload_id',
  'The `upload_id`, as signing answered it.',
  { type: 'string', format: 'uuid' },
  '0198f3a2-6c1e-7d4b-9a53-2f0c8e7b1d64',
);
export const maskId = inPath('mask_id', 'The mask’s id.', id(''), 42);

export const range = inHeader('Range', 'A single range, such as `bytes=0-1023`. Others are answered with the whole.');
export const ifRange = inHeader('If-Range', 'An ETag: the range is of these very bytes, else the whole is answered.');
export const ifNoneMatch = inHeader('If-None-Match', 'ETags of what the client has, or `*`.');

function paging(limits: { default: number; max: number }): Parameter[] {
  return [
    inQuery('limit', 'Most items in one page.', integer(1, limits.max, '', { default: limits.default })),
    inQuery('cursor', 'The `next_cursor` of the page before; leave it out for the first page.', { type: 'string' }),
  ];
}

export const uploadPaging: Parameter[] = paging(PAGE_LIMITS.uploads);

export const include = inQuery('include', 'Adds a signed `download_url` and its `download_expires_at` to each mask.', {
  type: 'string',
  enum: ['download_url'],
});

export const maskGroupFilters: Parameter[] = [
  ...paging(PAGE_LIMITS.maskGroups),
  inQuery('modality', 'Only groups of exactly this modality.', text(MAX_TEXT.modality, '')),
  inQuery('mask_type', 'Only groups of exactly this mask type.', text(MAX_TEXT.mask_type, '')),
  inQuery('model_name', 'Only groups of exactly this model.', text(MAX_TEXT.name, '')),
];

export const maskFilters: Parameter[] = [
  ...paging(PAGE_LIMITS.masks),
  inQuery('label_name', 'Only masks with exactly this label.', text(MAX_TEXT.label_name, '')),
  inQuery('slice_index', 'Only masks of this slice.', integer(0, MAX_INT32, '')),
  inQuery(
    'sop_instance_uid',
    'Only masks of the image with this SOP Instance UID.',
    text(MAX_TEXT.uid, '', { pattern: UID_PATTERN }),
  ),
  include,
];
