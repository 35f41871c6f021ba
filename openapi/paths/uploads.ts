import type { oas31 } from 'openapi3-ts';
import type { ErrorCode } from '../../src/domain/errors.js';
import { operation } from '../operation.js';
import { annotationId, groupId, uploadId, uploadPaging } from '../parameters.js';
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

  '/annotations/{annotation_id}/mask-groups/{group_id}/uploads': {
    get: operation({
      id: 'listUploads',
      tag: 'uploads',
      summary: 'List the pending uploads of a group',
      description:
        'The files that were signed and are not recorded yet, oldest first, with what the storage has received of ' +
        'each: to resume after an interruption. Renew the `pending` ones and upload them, complete the `received` ' +
        'and `verified` ones, sign the `rejected` ones anew.',
      parameters: [annotationId, groupId, ...uploadPaging],
      answers: { 200: json('A page of pending uploads.', 'PendingUploadList') },
      errors: ['invalid-cursor', 'mask-group-not-found', 'storage-unavailable'],
    }),
  },

  '/annotations/{annotation_id}/mask-groups/{group_id}/uploads/{upload_id}': {
    delete: operation({
      id: 'giveUpUpload',
      tag: 'uploads',
      summary: 'Give a pending upload up',
      description:
        'The upload can then be neither renewed nor completed, and what is or will be stored for it is deleted. A file ' +
        'that was completed is a mask: delete that instead.',
      parameters: [annotationId, groupId, uploadId],
      answers: { 204: { description: 'The upload is given up.' } },
      errors: ['mask-group-not-found', 'upload-not-found'],
    }),
  },

  '/annotations/{annotation_id}/mask-groups/{group_id}/uploads/{upload_id}/signed-url': {
    post: operation({
      id: 'renewUpload',
      tag: 'uploads',
      summary: 'Sign a pending upload again',
      description:
        'A fresh URL for the same object and the same promise; earlier URLs stay valid as long as they were. The ' +
        `upload can be completed for longer, too. ${UPLOAD_RULES}`,
      parameters: [annotationId, groupId, uploadId],
      body: 'RenewUploadRequest',
      bodyOptional: true,
      answers: { 200: json('Where and how to upload the file.', 'SignedUpload', secret) },
      errors: ['mask-group-not-found', 'upload-not-found', 'upload-rejected', 'storage-unavailable'],
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
