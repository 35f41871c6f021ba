import {
  FILE_REFERENCE_PATTERN,
  integer,
  MAX_BATCH,
  MAX_INT32,
  MAX_PARTS,
  MAX_TEXT,
  nullable,
  ref,
  requestObject,
  type Schema,
  SHA256_PATTERN,
  text,
  UID_PATTERN,
} from './schema-parts.js';

const groupFields: Record<string, Schema> = {
  group_name: nullable(text(MAX_TEXT.name, 'What people call the group. Must not name or identify a patient.')),
  model_name: nullable(text(MAX_TEXT.name, 'The model, tool or protocol that made the masks.')),
  version: nullable(text(MAX_TEXT.name, 'Version of the model or protocol.')),
  modality: nullable(text(MAX_TEXT.modality, 'DICOM Modality (0008,0060), such as `CT` or `MR`.')),
  slice_count: nullable(
    integer(1, MAX_INT32, 'How many slices make the group complete. Defaults to 1.', { default: 1 }),
  ),
  mask_type: nullable(
    text(MAX_TEXT.mask_type, 'What kind of masks. Defaults to `segmentation`.', { default: 'segmentation' }),
  ),
  description: nullable(text(MAX_TEXT.description, 'Free text. Must not name or identify a patient.')),
};

const withoutDefault = ({ default: _, ...schema }: Schema): Schema => schema;

const fileFields: Record<string, Schema> = {
  mime_type: text(
    255,
    'MIME type of the decoded file. By default `image/png`, `application/dicom`, `application/vnd.nifti`, ' +
      '`application/x-nifti`, `application/x-nrrd` and `application/json` are taken.',
  ),
  file_size: integer(
    1,
    Number.MAX_SAFE_INTEGER,
    'Exact size in bytes, as it will be sent (after any content encoding). The storage refuses any other length.',
  ),
  filename: nullable(
    text(
      MAX_TEXT.name,
      'Checked, then forgotten: letters, digits, `.`, `_` and `-`, with an extension that fits the MIME type. ' +
        'It never becomes part of a path.',
    ),
  ),
  checksum: nullable({
    type: 'string',
    pattern: SHA256_PATTERN,
    description:
      'SHA-256 of the bytes as sent, in hexadecimal. Send it where you can: the storage then refuses any other bytes.',
  }),
  slice_index: nullable(
    integer(
      0,
      MAX_INT32,
      'Which slice the mask belongs to. Leave out `slice_index` and `sop_instance_uid` for a volume.',
    ),
  ),
  sop_instance_uid: nullable(
    text(MAX_TEXT.uid, 'SOP Instance UID (0008,0018) of the image that the mask belongs to.', {
      pattern: UID_PATTERN,
    }),
  ),
  label_name: nullable(
    text(MAX_TEXT.label_name, 'What is segmented, such as `liver`. A group holds a slice and label once.'),
  ),
  width: nullable(integer(1, MAX_INT32, 'Width in pixels. For PNG it is checked against the file.')),
  height: nullable(integer(1, MAX_INT32, 'Height in pixels. For PNG it is checked against the file.')),
  content_encoding: nullable({
    type: 'string',
    enum: ['gzip'],
    description: 'Set when the bytes are sent compressed. Not for PNG. Size and checksum are of the compressed bytes.',
  }),
};

const ttlSeconds = nullable(
  integer(
    1,
    3600,
    'How long the URL is valid, in seconds. Default and maximum are the server’s (600 and 3600 unless it is ' +
      'configured lower).',
  ),
);

const FILE_REQUIRED = ['mime_type', 'file_size'];

/** The JSON bodies that the API takes. The very same objects are published and enforced. */
export const requestSchemas = {
  CreateMaskGroupRequest: requestObject('A new mask group. `null` means absent.', groupFields),

  UpdateMaskGroupRequest: requestObject(
    'The fields to change; the others stay. `null` clears a field: `slice_count` and `mask_type` go back to their ' +
      'defaults. An empty object changes nothing.',
    Object.fromEntries(Object.entries(groupFields).map(([name, schema]) => [name, withoutDefault(schema)])),
  ),

  FileToSign: requestObject('One file that is to be uploaded. `null` means absent.', fileFields, FILE_REQUIRED),

  SignUploadRequest: requestObject(
    'One file that is to be uploaded, and for how long its URL is wanted.',
    { ...fileFields, ttl_seconds: ttlSeconds },
    FILE_REQUIRED,
  ),

  SignUploadsRequest: requestObject(
    'The files that are to be uploaded. Asking for the same slice and label twice in one request is an error.',
    {
      files: {
        type: 'array',
        minItems: 1,
        maxItems: MAX_BATCH,
        items: ref('FileToSign'),
        description: 'URLs are answered in this order.',
      },
      ttl_seconds: ttlSeconds,
    },
    ['files'],
  ),

  RenewUploadRequest: requestObject(
    'For how long fresh upload URLs are wanted, and of a multipart upload for which parts.',
    {
      part_numbers: nullable({
        type: 'array',
        minItems: 1,
        maxItems: MAX_BATCH,
        uniqueItems: true,
        items: integer(1, MAX_PARTS, 'The number of a part, from 1 to `part_count`.'),
        description:
          'Of a multipart upload, and only of one: the parts to sign. Sign as many as will be sent soon, then the next ones.',
      }),
      ttl_seconds: ttlSeconds,
    },
  ),

  CompleteRequest: requestObject(
    'The uploaded files that are to become masks: all of them, or none.',
    {
      uploaded_files: {
        type: 'array',
        minItems: 1,
        maxItems: MAX_BATCH,
        items: text(MAX_TEXT.file_path, 'A `file_path` or `upload_id`.', { pattern: FILE_REFERENCE_PATTERN }),
        description: 'The `file_path` or `upload_id` of each uploaded file, as signing answered it.',
      },
      slice_count: nullable(
        integer(1, MAX_INT32, 'When sent: how many distinct slices the group must hold afterwards.'),
      ),
      labels: nullable({
        type: 'array',
        maxItems: MAX_BATCH,
        items: text(MAX_TEXT.label_name, 'A `label_name`.'),
        description: 'When sent: exactly the labels that the group must hold afterwards, in any order.',
      }),
      replace: nullable({
        type: 'boolean',
        description:
          'Whether a slice and label that the group already holds is replaced (which needs the right to delete as ' +
          'well). Otherwise it is refused as `slice-exists`.',
      }),
    },
    ['uploaded_files'],
  ),

  SignDownloadRequest: requestObject('For how long the download URL is wanted.', { ttl_seconds: ttlSeconds }),
} satisfies Record<string, Schema>;

export type RequestSchemaName = keyof typeof requestSchemas;
