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

const PUT_RULES =
  'Send the bytes to `upload_url` with `method` and exactly `headers`, before `expires_at`. The URL takes exactly ' +
  'the promised size (and bytes, where a checksum was given), once. If the storage answers 412, the object is ' +
  'already there: go on to complete. Nothing is recorded until the upload is completed.';

const UPLOAD_RULES =
  `${PUT_RULES}\n\nA file that is larger than the server puts in one request (64 MiB unless it is configured otherwise) ` +
  'is uploaded in parts: the answer then has `multipart` in place of method, URL and headers.';

const PART_RULES =
  'Of a multipart upload the parts that `part_numbers` names are signed. Send bytes `offset` to `offset + length` of ' +
  'the file to each `upload_url`, in any order and at the same time; a part that is sent again replaces itself. When ' +
  'the storage answers 404 or 412 to a part, the file may have been put together already, or what was sent may be ' +
  'gone: list the pending uploads to see what is there.';

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
        'each: to resume after an interruption. Renew the `pending` ones and upload them (of a multipart one only the ' +
        'parts that are not in `received_parts`), complete the `received` and `verified` ones, sign the `rejected` ones ' +
        'anew.',
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
      summary: 'Sign a pending upload again, or parts of it',
      description:
        'A fresh URL for the same object and the same promise; earlier URLs stay valid as long as they were. The ' +
        `upload can be completed for longer, too. ${PUT_RULES}\n\n${PART_RULES}`,
      parameters: [annotationId, groupId, uploadId],
      body: 'RenewUploadRequest',
      bodyOptional: true,
      answers: { 200: json('Where and how to upload the file, or its parts.', 'RenewedUpload', secret) },
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
        '`errors`. The parts of a multipart upload are put together first; while some are missing that is ' +
        '`upload-missing`. Repeating the call is safe and answers the same masks.',
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
