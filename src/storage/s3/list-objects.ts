import { ListObjectsV2Command, type ListObjectsV2CommandOutput, type S3Client } from '@aws-sdk/client-s3';
import { type ListedObject, StorageError } from '../storage.js';
import { sdkError } from './errors.js';

/**
 * Every object under the prefix, a page of 1000 at a time. Keys are asked for URL-encoded, since XML cannot hold all
 * of them. An object without a date counts as written now: nothing young is ever taken for an orphan.
 */
export async function* listObjects(
  client: S3Client,
  bucket: string,
  prefix: string,
  deadlineMs: number,
): AsyncGenerator<ListedObject, void, undefined> {
  let token: string | undefined;
  do {
    const page = await listPage(client, bucket, prefix, token, deadlineMs);
    if (page.Name === undefined && page.IsTruncated === undefined) {
      throw new StorageError('unavailable', 'What answered the list is not an S3 server: correct the endpoint.');
    }
    for (const { Key, Size = 0, LastModified = new Date() } of page.Contents ?? []) {
      if (Key === undefined) continue;
      yield { key: page.EncodingType === 'url' ? decodedKey(Key) : Key, size: Size, lastModified: LastModified };
    }
    const next = page.IsTruncated ? page.NextContinuationToken : undefined;
    if (page.IsTruncated && (next === undefined || next === token)) {
      throw new StorageError('unavailable', 'The object store broke off its list of objects.');
    }
    token = next;
  } while (token !== undefined);
}

async function listPage(
  client: S3Client,
  Bucket: string,
  Prefix: string,
  ContinuationToken: string | undefined,
  deadlineMs: number,
): Promise<ListObjectsV2CommandOutput> {
  try {
    return await client.send(
      new ListObjectsV2Command({
        Bucket,
        Prefix,
        EncodingType: 'url',
        ...(ContinuationToken && { ContinuationToken }),
      }),
      { abortSignal: AbortSignal.timeout(deadlineMs) },
    );
  } catch (error) {
    throw sdkError(error);
  }
}

/** Form encoding: S3 writes a space as `+`. */
export function decodedKey(key: string): string {
  try {
    return decodeURIComponent(key.replaceAll('+', ' '));
  } catch (cause) {
    throw new StorageError('unavailable', 'The object store listed a key that cannot be decoded.', { cause });
  }
}
