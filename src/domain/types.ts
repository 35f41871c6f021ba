import type { ErrorCode } from './errors.js';

/** `{prefix}/{installation}/{group_id}/{upload_id}.{ext}`, made only by `objectKey()` or read from our own tables. */
export type ObjectKey = string & { readonly __objectKey: true };

/** 64 lower-case hex digits, made only by `sha256Hex()` or read from our own tables. */
export type Sha256Hex = string & { readonly __sha256Hex: true };

/** The host's key as PostgreSQL prints it (`key::text`), read from the host's own row. */
export type AnnotationKey = string & { readonly __annotationKey: true };

export type ContentEncoding = 'gzip';

/** A mask group as the API answers it. Times are ISO 8601 UTC. */
export interface MaskGroup {
  id: number;
  /** A number for an integer key; a string for bigint, uuid and text. */
  annotation_id: number | string;
  group_name: string | null;
  model_name: string | null;
  version: string | null;
  modality: string | null;
  slice_count: number;
  mask_type: string;
  description: string | null;
  created_by: number | string | null;
  created_at: string;
  updated_at: string;
  /** `complete` once at least `slice_count` distinct slices, or one volume, are recorded. */
  status: 'uploading' | 'complete';
  mask_count: number;
  uploaded_slices: number;
  total_bytes: number;
}

export interface MaskGroupStats {
  labels: { label_name: string | null; count: number }[];
  mime_types: { mime_type: string; count: number }[];
  /** The first 100 missing indexes, counted from 0 or 1, whichever the group uses. */
  missing_slices: number[];
  pending_uploads: number;
}

export interface MaskGroupFields {
  group_name?: string | null | undefined;
  model_name?: string | null | undefined;
  version?: string | null | undefined;
  modality?: string | null | undefined;
  slice_count?: number | null | undefined;
  mask_type?: string | null | undefined;
  description?: string | null | undefined;
}

/** One file that a client asks to upload. Sizes and checksum are of the bytes as sent (encoded, if encoded). */
export interface FileToSign {
  mime_type: string;
  file_size: number;
  filename?: string | null | undefined;
  checksum?: string | null | undefined;
  slice_index?: number | null | undefined;
  sop_instance_uid?: string | null | undefined;
  label_name?: string | null | undefined;
  width?: number | null | undefined;
  height?: number | null | undefined;
  content_encoding?: ContentEncoding | null | undefined;
}

/** How to upload one file: with one PUT or, above the multipart threshold, in parts. */
export type SignedUpload = SignedPut | SignedMultipart;

export interface SignedPut {
  upload_id: string;
  file_path: string;
  method: 'PUT';
  upload_url: string;
  /** Send these exactly. */
  headers: Record<string, string>;
  multipart?: undefined;
  /** Whole seconds. */
  expires_in: number;
  expires_at: string;
}

/** How a file is cut: every part but the last has `part_size` bytes; parts are numbered from 1. */
export interface PartLayout {
  part_size: number;
  part_count: number;
}

/** A file whose parts are signed by the upload's own route. */
export interface SignedMultipart {
  upload_id: string;
  file_path: string;
  multipart: PartLayout;
  expires_in: number;
  expires_at: string;
}

/** Where `length` bytes of the file, from byte `offset` on, are to be sent. */
export interface SignedPart {
  part_number: number;
  offset: number;
  length: number;
  method: 'PUT';
  upload_url: string;
  /** Send these exactly. */
  headers: Record<string, string>;
}

export interface SignedParts {
  /** In the order asked. */
  parts: SignedPart[];
  expires_in: number;
  expires_at: string;
}

/** For how long fresh URLs are wanted, and of a multipart upload for which parts. */
export interface RenewUploadRequest {
  part_numbers?: number[] | null | undefined;
  ttl_seconds?: number | null | undefined;
}

/** A file that was signed and is not recorded yet. Checksum, width and height are the client's claims. */
export interface PendingUpload {
  upload_id: string;
  file_path: string;
  mime_type: string;
  content_encoding: ContentEncoding | null;
  file_size: number;
  checksum: string | null;
  slice_index: number | null;
  sop_instance_uid: string | null;
  label_name: string | null;
  width: number | null;
  height: number | null;
  /**
   * `pending`: nothing is stored yet, or not all parts are. `received`: an object of the promised size is, or all
   * parts. `verified`: it is what was promised, and only has to be completed. `rejected`: it is not, and never will be.
   */
  status: 'pending' | 'received' | 'verified' | 'rejected';
  /** Bytes stored (in parts or whole); null when there are none, or when they were rejected and are being deleted. */
  received_size: number | null;
  /** Null for a file that is one PUT. `received_parts` are runs of parts, `[first, last]`, ascending. */
  multipart: (PartLayout & { received_parts: [number, number][] }) | null;
  rejected_code: ErrorCode | null;
  /** When the latest upload URL expires. */
  put_expires_at: string;
  /** Until when it can be uploaded and completed. */
  expires_at: string;
  created_at: string;
}

export interface Mask {
  id: number;
  mask_group_id: number;
  slice_index: number | null;
  sop_instance_uid: string | null;
  label_name: string | null;
  file_path: string;
  mime_type: string;
  content_encoding: ContentEncoding | null;
  file_size: number | null;
  /** SHA-256 of the stored bytes, 64 hex digits. Null only on rows adopted from tables made by hand. */
  checksum: string | null;
  width: number | null;
  height: number | null;
  created_at: string;
  download_url?: string;
  download_expires_at?: string;
}

export interface CompleteRequest {
  /** Object keys or upload ids, as signing answered them. */
  uploaded_files: string[];
  slice_count?: number | null | undefined;
  labels?: string[] | null | undefined;
  replace?: boolean | null | undefined;
}

export interface Completion {
  status: MaskGroup['status'];
  processed_masks: number;
  masks: Mask[];
}

export interface SignedDownload {
  download_url: string;
  method: 'GET';
  headers: Record<string, string>;
  file_path: string;
  expires_in: number;
  expires_at: string;
}

/** Who makes the request, as the host's `authenticate` says. `userId` becomes `created_by`. */
export interface Principal {
  userId: string | number | null;
}
