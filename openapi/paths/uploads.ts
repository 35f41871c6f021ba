import type { oas31 } from 'openapi3-ts';
import type { ErrorCode } from '../../src/domain/errors.js';
import { operation } from '../operation.js';
import { annotationId, groupId } from '../parameters.js';
import { json, secret } from '../responses.js';

const SIGN_ERRORS: readonly ErrorCode[] = [
  'unsafe-name',
  'unsupported-mime-type',
  'mask-group-not-found',
  'file-too-large',
  'storage-unavailable',
];

const UPLOAD_RULES =
  'Send the bytes to `upload_url` with `method` and exactly `headers`, before `expires_at`. The URL takes exactly ' +
  'the promised size (and bytes, where a checksum was given), once. If the storage answers 412, the object is ' +
  'already there: go on to complete. Nothing is recorded until the upload is completed.';

export const uploadPaths: Record<string, oas31.PathItemObject> = {
  '/annotations/{annotation_id}/mask-groups/{group_id}/signed-url': {
    post: operation({
      id: 'signUpload',
      tag: 'uploads',
      summary: 'Sign the upload of one file',
      description: UPLOAD_RULES,
      parameters: [annotationId, groupId],
      body: 'SignUploadRequest',
      answers: { 200: json('Where and how to upload the file.', 'SignedUpload', secret) },
      errors: SIGN_ERRORS,
    }),
  },

  '/annotations/{annotation_id}/mask-groups/{group_id}/signed-urls': {
    post: operation({
      id: 'signUploads',
      tag: 'uploads',
      summary: 'Sign the upload of many files',
      description: `All files are signed, or none. ${UPLOAD_RULES}`,
      parameters: [annotationId, groupId],
      body: 'SignUploadsRequest',
      answers: { 200: json('Where and how to upload each file, in the order asked.', 'SignedUploadList', secret) },
      errors: SIGN_ERRORS,
    }),
  },

  '/annotations/{annotation_id}/mask-groups/{group_id}/complete': {
    post: operation({
      id: 'completeUpload',
      tag: 'uploads',
      summary: 'Verify and record uploaded files',
      description:
        'The server itself checks size, SHA-256 and content of each stored object and then records all files as ' +
        'masks, or none: an error has the status and code of the first failing file and lists every failing file in ' +
        '`errors`. Repeating the call is safe and answers the same masks.',
      parameters: [annotationId, groupId],
      body: 'CompleteRequest',
      answers: { 200: json('The recorded masks, in the order asked.', 'Completion') },
      errors: [
        'mask-group-not-found',
        'upload-not-found',
        'upload-missing',
        'upload-rejected',
        'size-mismatch',
        'checksum-mismatch',
        'content-mismatch',
        'slice-exists',
        'slice-uid-mismatch',
        'slice-count-mismatch',
        'labels-mismatch',
        'storage-unavailable',
        'verification-in-progress',
      ],
    }),
  },
};
