import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  ListPartsCommand,
  type ListPartsCommandOutput,
  type S3Client,
  type ServerSideEncryption,
} from '@aws-sdk/client-s3';
import { isStorageError, type MultipartConditions, StorageError, type StoredPart } from '../storage.js';
import { abortedError, sdkError } from './errors.js';
import { listMultiparts } from './list-multiparts.js';

export interface MultipartStore {
  client: S3Client;
  bucket: string;
  sseHeaders: Record<string, string>;
  /** For one call, tries and pauses included. */
  deadlineMs: number;
}

/** S3 may take minutes to put a large object together, with or without sending blanks meanwhile. */
const COMPLETE_MS = 300_000;

export async function startMultipart(
  { client, bucket, sseHeaders, deadlineMs }: MultipartStore,
  key: string,
  { contentType, contentEncoding }: MultipartConditions,
): Promise<string> {
  const algorithm = sseHeaders['x-amz-server-side-encryption'] as ServerSideEncryption | undefined;
  const kmsKeyId = sseHeaders['x-amz-server-side-encryption-aws-kms-key-id'];
  const command = new CreateMultipartUploadCommand({
    Bucket: bucket,
    Key: key,
    ContentType: contentType,
    ...(contentEncoding && { ContentEncoding: contentEncoding }),
    ...(algorithm && { ServerSideEncryption: algorithm }),
    ...(kmsKeyId && { SSEKMSKeyId: kmsKeyId }),
  });
  const { UploadId } = await sent(client.send(command, { abortSignal: AbortSignal.timeout(deadlineMs) }));
  if (!UploadId) throw new StorageError('unavailable', 'What answered is not an S3 server: correct the endpoint.');
  return UploadId;
}

/** All parts, a page of 1000 at a time. */
export async function listParts(
  store: MultipartStore,
  key: string,
  id: string,
  signal?: AbortSignal,
): Promise<StoredPart[]> {
  const parts: StoredPart[] = [];
  let marker: string | undefined;
  do {
    const page = await listPage(store, key, id, marker, signal);
    for (const { PartNumber, Size, ETag } of page.Parts ?? []) {
      if (PartNumber === undefined || Size === undefined || ETag === undefined) continue;
      parts.push({ partNumber: PartNumber, size: Size, tag: ETag });
    }
    const next = page.IsTruncated ? page.NextPartNumberMarker : undefined;
    if (page.IsTruncated && (next === undefined || next === marker)) {
      throw new StorageError('unavailable', 'The object store broke off its list of parts.');
    }
    marker = next;
  } while (marker !== undefined);
  return parts;
}

function listPage(
  { client, bucket, deadlineMs }: MultipartStore,
  key: string,
  id: string,
  marker: string | undefined,
  signal: AbortSignal | undefined,
): Promise<ListPartsCommandOutput> {
  const command = new ListPartsCommand({
    Bucket: bucket,
    Key: key,
    UploadId: id,
    ...(marker !== undefined && { PartNumberMarker: marker }),
  });
  return sent(client.send(command, { abortSignal: within(deadlineMs, signal) }), signal);
}

/**
 * The SDK takes a 200 whose body is an error for the error that it is, and tries again. After a lost answer that is
 * answered with NoSuchUpload, or with 412 because the object is there.
 */
export async function completeMultipart(
  { client, bucket, deadlineMs }: MultipartStore,
  key: string,
  id: string,
  parts: readonly StoredPart[],
  signal?: AbortSignal,
): Promise<void> {
  const command = new CompleteMultipartUploadCommand({
    Bucket: bucket,
    Key: key,
    UploadId: id,
    IfNoneMatch: '*',
    MultipartUpload: { Parts: parts.map(({ partNumber, tag }) => ({ PartNumber: partNumber, ETag: tag })) },
  });
  const timeLimit = Math.max(deadlineMs, COMPLETE_MS);
  try {
    await client.send(command, { abortSignal: within(timeLimit, signal), requestTimeout: timeLimit });
  } catch (error) {
    const { $metadata } = (error ?? {}) as { $metadata?: { httpStatusCode?: number } };
    if ($metadata?.httpStatusCode !== 412) throw asStorageError(error, signal);
  }
}

/** Without an id: whatever the store lists under exactly this key. */
export async function abortMultipart(store: MultipartStore, key: string, id?: string): Promise<void> {
  if (id !== undefined) return abortOne(store, key, id);
  const ids: string[] = [];
  for await (const found of listMultiparts(store.client, store.bucket, key, store.deadlineMs)) {
    if (found.key === key) ids.push(found.id);
  }
  for (const found of ids) await abortOne(store, key, found);
}

async function abortOne({ client, bucket, deadlineMs }: MultipartStore, key: string, id: string): Promise<void> {
  const command = new AbortMultipartUploadCommand({ Bucket: bucket, Key: key, UploadId: id });
  await sent(client.send(command, { abortSignal: AbortSignal.timeout(deadlineMs) })).catch((error: unknown) => {
    if (!isStorageError(error) || error.code !== 'no-such-upload') throw error;
  });
}

function within(milliseconds: number, signal: AbortSignal | undefined): AbortSignal {
  const timeout = AbortSignal.timeout(milliseconds);
  return signal ? AbortSignal.any([timeout, signal]) : timeout;
}

async function sent<T>(sending: Promise<T>, signal?: AbortSignal): Promise<T> {
  try {
    return await sending;
  } catch (error) {
    throw asStorageError(error, signal);
  }
}

/** None of these calls is about an object: where Ceph says NoSuchKey, S3 says NoSuchUpload. */
function asStorageError(error: unknown, signal: AbortSignal | undefined): StorageError {
  if (signal?.aborted) return abortedError(signal);
  const known = sdkError(error);
  return known.code === 'no-such-key' ? new StorageError('no-such-upload', known.message) : known;
}
