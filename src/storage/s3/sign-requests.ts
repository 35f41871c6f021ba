import type { ObjectKey, Sha256Hex } from '../../domain/types.js';
import { assertPartConditions } from '../part-conditions.js';
import { assertTtl, signingWindow } from '../signing-window.js';
import {
  type DownloadConditions,
  type PartConditions,
  type SignedRequest,
  StorageError,
  type UploadConditions,
} from '../storage.js';
import { type BucketPlace, objectPath } from './bucket-place.js';
import type { Signer } from './signer.js';

/** One host's view of the bucket: where it is, and who signs for it. */
export interface SigningPlace {
  place: BucketPlace;
  sign: Signer;
}

/**
 * A PUT bound to length, type, encoding, bytes (where their SHA-256 is given) and to nothing being there yet. A header
 * that is not signed is one that a client can change: every one of them is, and none is moved into the query, where
 * servers do not look. `x-amz-sdk-checksum-algorithm` goes along because Ceph checks no checksum without it.
 */
export async function signPut(
  { place, sign }: SigningPlace,
  key: ObjectKey,
  conditions: UploadConditions,
  sseHeaders: Record<string, string>,
): Promise<SignedRequest> {
  assertTtl(conditions.ttlSeconds);
  const { contentType, contentLength, contentEncoding, sha256, ttlSeconds } = conditions;
  const headers: Record<string, string> = {
    'content-type': contentType,
    'if-none-match': '*',
    ...(contentEncoding && { 'content-encoding': contentEncoding }),
    ...(sha256 && { 'x-amz-checksum-sha256': base64(sha256), 'x-amz-sdk-checksum-algorithm': 'SHA256' }),
    ...sseHeaders,
  };
  const { target, expiresAt } = await sign({
    method: 'PUT',
    path: pathOf(place, key),
    query: { 'x-id': 'PutObject' },
    headers: { ...headers, 'content-length': String(contentLength) },
    ttlSeconds,
    signingDate: new Date(),
  });
  return { method: 'PUT', url: place.origin + target, headers, expiresAt };
}

/**
 * A PUT of one part, bound to its number and length. S3 keeps no type of a part; one is signed because clients that send
 * one of their own would be refused.
 */
export async function signPart(
  { place, sign }: SigningPlace,
  key: ObjectKey,
  conditions: PartConditions,
): Promise<SignedRequest> {
  assertPartConditions(conditions);
  const { id, partNumber, contentLength, ttlSeconds } = conditions;
  const headers = { 'content-type': 'application/octet-stream' };
  const { target, expiresAt } = await sign({
    method: 'PUT',
    path: pathOf(place, key),
    query: { partNumber: String(partNumber), uploadId: id, 'x-id': 'UploadPart' },
    headers: { ...headers, 'content-length': String(contentLength) },
    ttlSeconds,
    signingDate: new Date(),
  });
  return { method: 'PUT', url: place.origin + target, headers, expiresAt };
}

/** A GET or HEAD whose answer says what the conditions say, whatever type and name the object was stored with. */
export async function signGet(
  { place, sign }: SigningPlace,
  key: ObjectKey,
  conditions: DownloadConditions,
): Promise<SignedRequest> {
  const { ttlSeconds, contentType, fileName, method = 'GET' } = conditions;
  const { signingDate } = signingWindow(ttlSeconds);
  const disposition = contentType === 'image/png' ? 'inline' : 'attachment';
  const { target, expiresAt } = await sign({
    method,
    path: pathOf(place, key),
    query: {
      ...(method === 'GET' && { 'x-id': 'GetObject' }),
      'response-cache-control': `private, max-age=${Math.floor(ttlSeconds / 2)}, immutable`,
      'response-content-disposition': `${disposition}; filename="${fileName.replace(/[^A-Za-z0-9._-]/g, '_')}"`,
      'response-content-type': contentType,
    },
    ttlSeconds,
    signingDate,
  });
  return { method, url: place.origin + target, headers: {}, expiresAt };
}

function pathOf(place: BucketPlace, key: ObjectKey): string {
  const path = objectPath(place, key);
  if (path === undefined) throw new StorageError('no-such-key', 'S3 keys have 1 to 1024 bytes.');
  return path;
}

function base64(sha256: Sha256Hex): string {
  return Buffer.from(sha256, 'hex').toString('base64');
}
