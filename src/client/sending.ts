import type { MaskClientError } from './errors.js';
import type { components } from './openapi-types.js';
import { deadAt, type FreshPut } from './persistent-put.js';
import type { PreparedFile } from './prepare-file.js';
import type { PendingUpload } from './types.js';

type SignedUpload = components['schemas']['SignedUpload'];

/** A file that the server waits for. */
export interface Sending {
  prepared: PreparedFile;
  uploadId: string;
  /** Undefined where a URL has to be asked for first. */
  signed: FreshPut | undefined;
  parts: Parts | undefined;
  /** How often the server has found nothing of it. */
  missed: number;
  /** Why it may not have arrived, where that is not known. */
  doubt?: MaskClientError;
}

export interface Parts {
  size: number;
  count: number;
  received: Set<number>;
}

export function fromSigned(prepared: PreparedFile, upload: SignedUpload): Sending {
  const sending = { prepared, uploadId: upload.upload_id, missed: 0 };
  if ('multipart' in upload) {
    const { part_size: size, part_count: count } = upload.multipart;
    return { ...sending, signed: undefined, parts: { size, count, received: new Set() } };
  }
  return { ...sending, signed: freshPut(upload, upload.expires_in), parts: undefined };
}

export function fromPending(prepared: PreparedFile, upload: PendingUpload): Sending {
  return { prepared, uploadId: upload.upload_id, missed: 0, signed: undefined, parts: partsOf(upload) };
}

export function partsOf({ multipart }: PendingUpload): Parts | undefined {
  if (!multipart) return undefined;
  const received = new Set<number>();
  for (const [first = 1, last = 0] of multipart.received_parts) {
    for (let part = first; part <= last; part++) received.add(part);
  }
  return { size: multipart.part_size, count: multipart.part_count, received };
}

export function freshPut(
  signed: { method: string; upload_url: string; headers: Record<string, string> },
  expiresIn: number,
): FreshPut {
  return { method: signed.method, url: signed.upload_url, headers: signed.headers, deadAt: deadAt(expiresIn) };
}
