import type { ObjectKey } from '../../domain/types.js';
import { listMultiparts } from './list-multiparts.js';
import { abortMultipart, completeMultipart, listParts, type MultipartStore, startMultipart } from './multipart.js';
import { type SigningPlace, signPart } from './sign-requests.js';
import { errorOf, type Transport } from './transport.js';

const TTL_SECONDS = 300;

/** Uploads in parts once to the end and once until it is given up. Throws what to do where that does not work. */
export async function checkMultipart(
  store: MultipartStore & { transport: Transport },
  at: SigningPlace,
  key: ObjectKey,
  bytes: Buffer,
): Promise<string> {
  try {
    await upload();
    await giveUp();
    return 'Files can be uploaded in parts.';
  } catch (error) {
    const { message } = error as Error;
    throw new Error(
      `Uploading in parts fails, so files above multipartThresholdBytes cannot be uploaded: ${message} ` +
        'It needs the rights s3:AbortMultipartUpload, s3:ListMultipartUploadParts and s3:ListBucketMultipartUploads.',
    );
  } finally {
    await abortMultipart(store, key).catch(() => {});
  }

  async function upload(): Promise<void> {
    const id = await startMultipart(store, key, { contentType: 'application/octet-stream' });
    const part = { id, partNumber: 1, contentLength: bytes.length, ttlSeconds: TTL_SECONDS };
    const { url, headers } = await signPart(at, key, part);
    const { origin } = at.place;
    const request = { method: 'PUT', origin, target: url.slice(origin.length), headers, body: bytes } as const;
    const answer = await store.transport.sendAgain(request);
    if (answer.status !== 200) throw await errorOf(answer);
    answer.body.resume();
    const parts = await listParts(store, key, id);
    if (parts.length !== 1 || parts[0]?.size !== bytes.length) throw new Error('A part that was sent is not listed.');
    await completeMultipart(store, key, id, parts);
  }

  async function giveUp(): Promise<void> {
    await startMultipart(store, key, { contentType: 'application/octet-stream' });
    await abortMultipart(store, key);
    for await (const left of listMultiparts(store.client, store.bucket, key, store.deadlineMs)) {
      if (left.key === key) throw new Error('An upload that was given up is still listed.');
    }
  }
}
