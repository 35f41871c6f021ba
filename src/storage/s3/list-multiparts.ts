import { ListMultipartUploadsCommand, type ListMultipartUploadsCommandOutput, type S3Client } from '@aws-sdk/client-s3';
import { type ListedMultipart, StorageError } from '../storage.js';
import { sdkError } from './errors.js';
import { decodedKey } from './list-objects.js';

interface Marker {
  key: string;
  id: string;
}

/** Every unfinished multipart upload under the prefix, a page of 1000 at a time. One without a date began now. */
export async function* listMultiparts(
  client: S3Client,
  bucket: string,
  prefix: string,
  deadlineMs: number,
): AsyncGenerator<ListedMultipart, void, undefined> {
  let marker: Marker | undefined;
  do {
    const page = await listPage(client, bucket, prefix, marker, deadlineMs);
    if (page.Bucket === undefined && page.IsTruncated === undefined) {
      throw new StorageError('unavailable', 'What answered the list is not an S3 server: correct the endpoint.');
    }
    const plain = (key: string) => (page.EncodingType === 'url' ? decodedKey(key) : key);
    for (const { Key, UploadId, Initiated = new Date() } of page.Uploads ?? []) {
      if (Key === undefined || UploadId === undefined) continue;
      yield { key: plain(Key), id: UploadId, startedAt: Initiated };
    }
    const next = page.IsTruncated
      ? { key: plain(page.NextKeyMarker ?? ''), id: page.NextUploadIdMarker ?? '' }
      : undefined;
    if (next && (next.key === '' || (next.key === marker?.key && next.id === marker.id))) {
      throw new StorageError('unavailable', 'The object store broke off its list of multipart uploads.');
    }
    marker = next;
  } while (marker !== undefined);
}

async function listPage(
  client: S3Client,
  Bucket: string,
  Prefix: string,
  marker: Marker | undefined,
  deadlineMs: number,
): Promise<ListMultipartUploadsCommandOutput> {
  const command = new ListMultipartUploadsCommand({
    Bucket,
    Prefix,
    EncodingType: 'url',
    ...(marker && { KeyMarker: marker.key, UploadIdMarker: marker.id }),
  });
  try {
    return await client.send(command, { abortSignal: AbortSignal.timeout(deadlineMs) });
  } catch (error) {
    throw sdkError(error);
  }
}
