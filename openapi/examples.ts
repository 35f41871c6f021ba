import type {
  CompleteRequest,
  Completion,
  FileToSign,
  Mask,
  MaskGroup,
  MaskGroupFields,
  MaskGroupStats,
  PendingUpload,
  SignedDownload,
  SignedMultipart,
  SignedParts,
  SignedPut,
} from '../src/domain/types.js';

const UPLOAD_ID = '0198f3a2-6c1e-7d4b-9a53-2f0c8e7b1d64';
const FILE_PATH = `mask/k3v9x2m7/7/${UPLOAD_ID}.png`;
const CHECKSUM = '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08';
const UID = '1.2.826.0.1.3680043.8.498.104';
const STORAGE = 'https://pacs-masks.s3.us-east-1.amazonaws.com';

const file: FileToSign = {
  mime_type: 'image/png',
  file_size: 2048,
  checksum: CHECKSUM,
  slice_index: 0,
  sop_instance_uid: UID,
  label_name: 'liver',
  width: 512,
  height: 512,
};

const group: MaskGroup = {
  id: 7,
  annotation_id: 1,
  group_name: 'Liver, first reading',
  model_name: 'liver-net',
  version: '2.1.0',
  modality: 'CT',
  slice_count: 120,
  mask_type: 'segmentation',
  description: null,
  created_by: 1,
  created_at: '2026-03-02T09:30:00.000Z',
  updated_at: '2026-03-02T09:31:12.000Z',
  status: 'uploading',
  mask_count: 2,
  uploaded_slices: 2,
  total_bytes: 4096,
};

const stats: MaskGroupStats = {
  labels: [{ label_name: 'liver', count: 2 }],
  mime_types: [{ mime_type: 'image/png', count: 2 }],
  missing_slices: [2, 3, 4],
  pending_uploads: 117,
};

const mask: Mask = {
  id: 42,
  mask_group_id: 7,
  slice_index: 0,
  sop_instance_uid: UID,
  label_name: 'liver',
  file_path: FILE_PATH,
  mime_type: 'image/png',
  content_encoding: null,
  file_size: 2048,
  checksum: CHECKSUM,
  width: 512,
  height: 512,
  created_at: '2026-03-02T09:31:12.000Z',
};

const signedPut: SignedPut = {
  upload_id: UPLOAD_ID,
  file_path: FILE_PATH,
  method: 'PUT',
  upload_url: `${STORAGE}/${FILE_PATH}?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Expires=600`,
  headers: { 'content-type': 'image/png', 'if-none-match': '*' },
  expires_in: 600,
  expires_at: '2026-03-02T09:40:00.000Z',
};

const signedMultipart: SignedMultipart = {
  upload_id: UPLOAD_ID,
  file_path: `mask/k3v9x2m7/7/${UPLOAD_ID}.nii`,
  multipart: { part_size: 16_777_216, part_count: 128 },
  expires_in: 600,
  expires_at: '2026-03-02T09:40:00.000Z',
};

const signedParts: SignedParts = {
  parts: [
    {
      part_number: 2,
      offset: 16_777_216,
      length: 16_777_216,
      method: 'PUT',
      upload_url: `${STORAGE}/mask/k3v9x2m7/7/${UPLOAD_ID}.nii?partNumber=2&uploadId=VXBsb2FkIElE&X-Amz-Expires=600`,
      headers: { 'content-type': 'application/octet-stream' },
    },
  ],
  expires_in: 600,
  expires_at: '2026-03-02T09:40:00.000Z',
};

const pendingUpload: PendingUpload = {
  upload_id: UPLOAD_ID,
  file_path: FILE_PATH,
  mime_type: 'image/png',
  content_encoding: null,
  file_size: 2048,
  checksum: CHECKSUM,
  slice_index: 0,
  sop_instance_uid: UID,
  label_name: 'liver',
  width: 512,
  height: 512,
  status: 'received',
  received_size: 2048,
  multipart: null,
  rejected_code: null,
  put_expires_at: '2026-03-02T09:40:00.000Z',
  expires_at: '2026-03-03T09:40:00.000Z',
  created_at: '2026-03-02T09:30:00.000Z',
};

const signedDownload: SignedDownload = {
  download_url: `${STORAGE}/${FILE_PATH}?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Expires=600`,
  method: 'GET',
  headers: {},
  file_path: FILE_PATH,
  expires_in: 600,
  expires_at: '2026-03-02T09:40:00.000Z',
};

const createGroup: MaskGroupFields = {
  group_name: 'Liver, first reading',
  model_name: 'liver-net',
  version: '2.1.0',
  modality: 'CT',
  slice_count: 120,
};

const complete: CompleteRequest = { uploaded_files: [FILE_PATH], labels: ['liver'] };
const completion: Completion = { status: 'uploading', processed_masks: 1, masks: [mask] };

/** An example of each schema that is a whole body, by the schema's name. */
export const examples = {
  CreateMaskGroupRequest: createGroup,
  UpdateMaskGroupRequest: { version: '2.1.1', description: null } satisfies MaskGroupFields,
  SignUploadRequest: { ...file, ttl_seconds: 600 },
  SignUploadsRequest: { files: [file, { ...file, slice_index: 1, sop_instance_uid: `${UID}.1` }] },
  RenewUploadRequest: { part_numbers: [2], ttl_seconds: 600 },
  CompleteRequest: complete,
  SignDownloadRequest: { ttl_seconds: 300 },
  MaskGroup: group,
  MaskGroupWithStats: { ...group, stats },
  MaskGroupList: { mask_groups: [group], next_cursor: null },
  SignedUpload: signedPut,
  SignedUploadList: { uploads: [signedPut, signedMultipart] },
  RenewedUpload: signedParts,
  PendingUploadList: { uploads: [pendingUpload], next_cursor: null },
  Completion: completion,
  Mask: mask,
  MaskList: { masks: [mask], total_count: 1, next_cursor: null },
  SignedDownload: signedDownload,
};

export type ExampleName = keyof typeof examples;
