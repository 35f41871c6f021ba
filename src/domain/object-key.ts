import { randomBytes } from 'node:crypto';
import type { ObjectKey, Sha256Hex } from './types.js';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const SHA256_HEX = /^[0-9a-f]{64}$/;

/** A UUID version 7 (RFC 9562 § 5.7): 48 bits of Unix milliseconds, then 74 random bits. */
export function uuidv7(now: number = Date.now()): string {
  const bytes = randomBytes(16);
  bytes.writeUIntBE(now, 0, 6);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x70;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

export function isUuid(value: string): boolean {
  return UUID.test(value);
}

/** `{prefix}/{installation}/{group_id}/{upload_id}.{ext}`. Every part is the server's own; nothing is a client's. */
export function objectKey(parts: {
  prefix: string;
  installation: string;
  groupId: number;
  uploadId: string;
  /** Without the dot, from the table of MIME types. */
  extension: string;
}): ObjectKey {
  return `${parts.prefix}/${parts.installation}/${parts.groupId}/${parts.uploadId}.${parts.extension}` as ObjectKey;
}

/** Lower-cases a SHA-256 of 64 hex digits; undefined when it is not one. */
export function sha256Hex(value: string): Sha256Hex | undefined {
  const lower = value.toLowerCase();
  return SHA256_HEX.test(lower) ? (lower as Sha256Hex) : undefined;
}
