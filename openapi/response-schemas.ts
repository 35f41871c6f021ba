import { ERROR_CODES } from '../src/domain/errors.js';
import {
  count,
  id,
  instant,
  integer,
  MAX_INT32,
  MAX_PARTS,
  nullable,
  type Reference,
  ref,
  responseObject,
  type Schema,
} from './schema-parts.js';

/** Without a length: a table that was made by hand and adopted may hold longer texts than requests may send. */
const anyText = (description: string): Schema => ({ type: 'string', description });

const errorCode: Schema = {
  type: 'string',
  enum: Object.keys(ERROR_CODES),
  description: 'What went wrong, for programs. Decide by this, never by a message.',
};

const nextCursor = nullable({
  type: 'string',
  description: 'Send it as `cursor` to get the next page; `null` on the last one.',
});

const groupProperties: Record<string, Schema> = {
  id: id('The group’s id.'),
  annotation_id: {
    type: ['integer', 'string'],
    description: 'The annotation’s own key: a number when it is an integer, else (bigint, uuid, text) a string.',
  },
  group_name: nullable(anyText('What people call the group.')),
  model_name: nullable(anyText('The model, tool or protocol that made the masks.')),
  version: nullable(anyText('Version of the model or protocol.')),
  modality: nullable(anyText('DICOM Modality (0008,0060).')),
  slice_count: integer(1, MAX_INT32, 'How many slices make the group complete.'),
  mask_type: anyText('What kind of masks.'),
  description: nullable(anyText('Free text.')),
  created_by: {
    type: ['integer', 'string', 'null'],
    description: 'The user who created the group, as the host identifies users.',
  },
  created_at: instant('When it was created.'),
  updated_at: instant('When its fields were last changed.'),
  status: {
    type: 'string',
    enum: ['uploading', 'complete'],
    description: '`complete` once at least `slice_count` distinct slices, or one volume, are recorded.',
  },
  mask_count: count('Masks recorded.'),
  uploaded_slices: count('Distinct slices recorded.'),
  total_bytes: count('Size of all recorded masks, in bytes.'),
};

const maskProperties: Record<string, Schema> = {
  id: id('The mask’s id.'),
  mask_group_id: id('The group that holds it.'),
  slice_index: nullable(integer(0, MAX_INT32, 'Which slice it belongs to.')),
  sop_instance_uid: nullable(anyText('SOP Instance UID (0008,0018) of the image it belongs to.')),
  label_name: nullable(anyText('What is segmented.')),
  file_path: { type: 'string', description: 'The key of the stored object.' },
  mime_type: { type: 'string', description: 'MIME type of the decoded file.' },
  content_encoding: nullable({ type: 'string', enum: ['gzip'], description: 'How the stored bytes are compressed.' }),
  file_size: nullable(count('Size of the stored bytes.')),
  checksum: nullable({
    type: 'string',
    pattern: '^[0-9a-f]{64}$',
    description:
      'SHA-256 of the stored bytes, as the server itself verified it. `null` only for masks that were recorded ' +
      'before this API was in use.',
  }),
  width: nullable(integer(1, MAX_INT32, 'Width in pixels. For PNG it comes from the stored file.')),
  height: nullable(integer(1, MAX_INT32, 'Height in pixels. For PNG it comes from the stored file.')),
  created_at: instant('When it was recorded.'),
  download_url: {
    type: 'string',
    format: 'uri',
    description: 'A signed GET of the bytes; only with `include=download_url`. Treat it as a secret.',
  },
  download_expires_at: instant('When `download_url` expires.'),
};

const partSize = integer(
  1,
  Number.MAX_SAFE_INTEGER,
  'Bytes of every part but the last, which has what is left: part N begins at byte `(N − 1) × part_size`.',
);
const partCount = integer(1, MAX_PARTS, 'How many parts there are; they are numbered from 1.');

const pendingUploadProperties: Record<string, Schema> = {
  upload_id: { type: 'string', format: 'uuid', description: 'The upload’s id (UUID version 7).' },
  file_path: { type: 'string', description: 'The key of the object. Send it, or `upload_id`, to complete.' },
  mime_type: { type: 'string', description: 'MIME type of the decoded file, as promised.' },
  content_encoding: nullable({ type: 'string', enum: ['gzip'], description: 'How the bytes are to be compressed.' }),
  file_size: count('Size in bytes, as promised.'),
  checksum: nullable({
    type: 'string',
    pattern: '^[0-9a-f]{64}$',
    description: 'SHA-256 of the bytes, where one was promised.',
  }),
  slice_index: nullable(integer(0, MAX_INT32, 'Which slice it belongs to.')),
  sop_instance_uid: nullable(anyText('SOP Instance UID (0008,0018) of the image it belongs to.')),
  label_name: nullable(anyText('What is segmented.')),
  width: nullable(integer(1, MAX_INT32, 'Width in pixels, as promised.')),
  height: nullable(integer(1, MAX_INT32, 'Height in pixels, as promised.')),
  status: {
    type: 'string',
    enum: ['pending', 'received', 'verified', 'rejected'],
    description:
      '`pending`: nothing is stored yet, or not all parts are; upload it, or what is missing of it. `received`: an ' +
      'object of the promised size is stored, or all parts are; complete it. `verified`: the stored object was ' +
      'checked and is what was promised; complete it. `rejected`: it is not what was promised; sign the file anew.',
  },
  received_size: nullable(
    count(
      'Bytes stored, of a multipart upload in all received parts; `null` when there are none, or when they were ' +
        'rejected and deleted.',
    ),
  ),
  multipart: nullable(
    responseObject('Only for a file that is uploaded in parts.', {
      part_size: partSize,
      part_count: partCount,
      received_parts: {
        type: 'array',
        items: {
          type: 'array',
          minItems: 2,
          maxItems: 2,
          items: integer(1, MAX_PARTS, 'The number of a part.'),
          description: 'The first and the last part of a run of parts, both included.',
        },
        description:
          'The parts that the storage itself says it has, as runs `[first, last]` in ascending order: send the others.',
      },
    }),
  ),
  rejected_code: nullable({
    type: 'string',
    enum: ['size-mismatch', 'checksum-mismatch', 'content-mismatch'],
    description: 'Why it was rejected.',
  }),
  put_expires_at: instant('When the latest upload URL expires. A fresh one can be had until `expires_at`.'),
  expires_at: instant('Until when it can be uploaded, renewed and completed.'),
  created_at: instant('When it was signed first.'),
};

const signedHeaders: Schema = {
  type: 'object',
  additionalProperties: { type: 'string' },
  description: 'Send exactly these headers; they are part of the signature.',
};
const expiresIn = integer(1, 3600, 'Seconds until the URL expires.');
const expiresAt = instant('When the URL expires: the very instant that is signed.');

const signedFile: Record<string, Schema> = {
  upload_id: { type: 'string', format: 'uuid', description: 'The upload’s id (UUID version 7).' },
  file_path: { type: 'string', description: 'The key of the object. Send it, or `upload_id`, to complete.' },
};
const putMethod: Schema = { type: 'string', enum: ['PUT'], description: 'The HTTP method to use.' };
const uploadUrl: Schema = {
  type: 'string',
  format: 'uri',
  description: 'Send the bytes here. Treat it as a secret.',
};

function page(description: string, items: string, name: string, more: Record<string, Schema> = {}): Schema {
  return responseObject(description, {
    [items]: { type: 'array', items: ref(name) },
    ...more,
    next_cursor: nextCursor,
  });
}

/** The JSON bodies that the API answers with. */
export const responseSchemas = {
  MaskGroup: responseObject('A group of masks of one annotation.', groupProperties),

  MaskGroupStats: responseObject('What the group holds.', {
    labels: {
      type: 'array',
      items: responseObject('Masks with this label.', {
        label_name: nullable(anyText('The label; `null` for masks without one.')),
        count: count('Masks.'),
      }),
    },
    mime_types: {
      type: 'array',
      items: responseObject('Masks of this type.', { mime_type: { type: 'string' }, count: count('Masks.') }),
    },
    missing_slices: {
      type: 'array',
      maxItems: 100,
      items: integer(0, MAX_INT32, 'A slice index.'),
      description: 'The first 100 slices that no mask covers, counted from 0 or 1, whichever the group uses.',
    },
    pending_uploads: count('Files signed but not completed yet.'),
  }),

  MaskGroupWithStats: responseObject('A group of masks of one annotation, with what it holds.', {
    ...groupProperties,
    stats: ref('MaskGroupStats'),
  } satisfies Record<string, Schema | Reference>),

  MaskGroupList: page('A page of mask groups, newest first.', 'mask_groups', 'MaskGroup'),

  SignedPut: responseObject('Where and how to upload one file with one PUT, without any other credentials.', {
    ...signedFile,
    method: putMethod,
    upload_url: uploadUrl,
    headers: signedHeaders,
    expires_in: expiresIn,
    expires_at: expiresAt,
  }),

  SignedMultipart: responseObject(
    'A file that is so large that it is uploaded in parts. Sign them with `POST …/uploads/{upload_id}/signed-url`, as ' +
      'many at a time as will be sent soon.',
    {
      ...signedFile,
      multipart: responseObject('How the file is to be cut.', { part_size: partSize, part_count: partCount }),
      expires_in: integer(1, 3600, 'Seconds that URLs were asked for; each part’s URL counts from when it is signed.'),
      expires_at: instant('That many seconds from now. Parts can be signed for longer: see `expires_at` in the list.'),
    },
  ),

  SignedUpload: {
    oneOf: [ref('SignedPut'), ref('SignedMultipart')],
    description: 'How to upload one file: with one PUT, or, when there is a `multipart`, in parts.',
  },

  SignedPart: responseObject('Where and how to upload one part of a file.', {
    part_number: integer(1, MAX_PARTS, 'Which part it is.'),
    offset: count('The byte of the file at which the part begins.'),
    length: integer(1, Number.MAX_SAFE_INTEGER, 'Bytes of the part; the storage refuses any other length.'),
    method: putMethod,
    upload_url: uploadUrl,
    headers: signedHeaders,
  }),

  SignedParts: responseObject('Where and how to upload parts of a file, without any other credentials.', {
    parts: { type: 'array', items: ref('SignedPart'), description: 'In the order asked.' },
    expires_in: integer(1, 3600, 'Seconds until the first of the URLs expires.'),
    expires_at: instant('When the first of the URLs expires.'),
  }),

  RenewedUpload: {
    oneOf: [ref('SignedPut'), ref('SignedParts')],
    description: 'A fresh URL, or, of a multipart upload, one for each part that was asked for.',
  },

  SignedUploadList: responseObject('Where and how to upload each file.', {
    uploads: { type: 'array', items: ref('SignedUpload'), description: 'In the order asked.' },
  }),

  PendingUpload: responseObject(
    'A file that was signed and is not recorded yet. Nothing here lets anyone upload it: renew it for that.',
    pendingUploadProperties,
  ),

  PendingUploadList: page('A page of pending uploads, oldest first.', 'uploads', 'PendingUpload'),

  Completion: responseObject('The masks that the uploaded files became.', {
    status: { type: 'string', enum: ['uploading', 'complete'], description: 'The group’s status, as in MaskGroup.' },
    processed_masks: count('How many masks this answer holds.'),
    masks: { type: 'array', items: ref('Mask'), description: 'In the order asked.' },
  }),

  Mask: responseObject('A recorded mask. Its bytes were verified by the server.', maskProperties, [
    'download_url',
    'download_expires_at',
  ]),

  MaskList: page('A page of masks, ordered by slice index, label and id.', 'masks', 'Mask', {
    total_count: count('How many masks fit the filters, over all pages.'),
  }),

  SignedDownload: responseObject('Where and how to download one mask, without any other credentials.', {
    download_url: { type: 'string', format: 'uri', description: 'Get the bytes here. Treat it as a secret.' },
    method: { type: 'string', enum: ['GET'], description: 'The HTTP method to use.' },
    headers: signedHeaders,
    file_path: { type: 'string', description: 'The key of the stored object.' },
    expires_in: expiresIn,
    expires_at: expiresAt,
  }),

  FieldError: responseObject('One thing that is wrong with the request.', {
    path: {
      type: 'string',
      description:
        'A JSON pointer (RFC 6901) into the request body, such as `/files/3/file_size`; empty for the body as a ' +
        'whole and for anything outside it.',
    },
    code: errorCode,
    message: { type: 'string', description: 'What to do about it, for people. Never repeats a refused value.' },
  }),

  Problem: responseObject(
    'An error (RFC 9457).',
    {
      type: { type: 'string', format: 'uri-reference', description: 'Identifies the kind of problem.' },
      title: { type: 'string', description: 'The kind of problem, for people.' },
      status: integer(400, 599, 'The HTTP status.'),
      detail: { type: 'string', description: 'What happened and what to do, for people.' },
      code: errorCode,
      errors: {
        type: 'array',
        items: ref('FieldError'),
        description: 'Every thing that is wrong (at most 20 for a malformed body; every failing file for `complete`).',
      },
    },
    ['errors'],
  ),
} satisfies Record<string, Schema>;
