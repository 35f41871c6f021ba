import { createLimiter, type Limiter } from './concurrency.js';
import { aborted, isMaskClientError, MaskClientError } from './errors.js';
import { type FreshPut, putPersistently } from './persistent-put.js';
import { repeat } from './repeat.js';
import { freshPut, type Parts, type Sending } from './sending.js';
import type { UploadRun } from './upload-run.js';

/** Of one file, so that no more than this many times the part's size is under way. */
const PARTS_AT_ONCE = 4;
/** As many as will be sent before their URLs expire. */
const SIGNED_AT_ONCE = 16;

/**
 * Sends the parts that the store does not have. When it answers 404 or 412 to one, the file may have been put together
 * already, or be gone: the caller lets the server look.
 */
export async function sendParts(run: UploadRun, sending: Sending, parts: Parts, limit: Limiter): Promise<void> {
  const { progress, health, signal, idleTimeoutMs, storeFetch } = run;
  const { index, body } = sending.prepared;
  const missing = Array.from({ length: parts.count }, (_, at) => at + 1).filter((part) => !parts.received.has(part));
  const urlOf = partUrls(run, sending, () => missing.filter((part) => !parts.received.has(part)));
  const lengthOf = (part: number) => Math.min(parts.size, body.size - (part - 1) * parts.size);

  const sent = new Map([...parts.received].map((part) => [part, lengthOf(part)]));
  const tell = (counts = true) =>
    progress.sent(
      index,
      [...sent.values()].reduce((sum, one) => sum + one, 0),
      counts,
    );
  tell(false);

  async function sendPart(part: number): Promise<void> {
    if (signal.aborted) throw aborted();
    progress.enter('uploading');
    progress.status(index, 'uploading');
    const offset = (part - 1) * parts.size;
    const onBytes = (bytes: number) => {
      sent.set(part, bytes);
      tell();
    };
    await putPersistently(
      { body: body.slice(offset, offset + lengthOf(part)), signed: undefined, renew: () => urlOf(part), health },
      { signal, idleTimeoutMs, storeFetch, onBytes },
    );
    parts.received.add(part);
    onBytes(lengthOf(part));
  }

  const own = createLimiter(PARTS_AT_ONCE);
  let failed: unknown;
  await Promise.all(
    missing.map((part) =>
      own(() =>
        limit(async () => {
          if (failed) return;
          await sendPart(part).catch((error) => {
            failed ??= error;
          });
        }),
      ),
    ),
  );
  if (failed && !isGone(failed)) throw failed;
}

/** The store knows nothing (more) of this upload in parts. */
function isGone(error: unknown): boolean {
  return isMaskClientError(error) && error.code === 'store-refused' && error.status === 404;
}

/** Signs parts as they are needed, with those that come next; one that is asked for again gets a fresh URL. */
function partUrls(run: UploadRun, { uploadId }: Sending, missing: () => number[]): (part: number) => Promise<FreshPut> {
  const { client, annotationId, groupId, signal } = run;
  const ready = new Map<number, FreshPut>();
  let signing: Promise<void> = Promise.resolve();

  async function sign(part: number): Promise<void> {
    if (isFresh(ready.get(part))) return;
    const part_numbers = missing()
      .filter((other) => other >= part)
      .slice(0, SIGNED_AT_ONCE);
    const ids = { annotation_id: annotationId, group_id: groupId, upload_id: uploadId };
    const answer = await repeat(() => client.renewUpload({ ...ids, body: { part_numbers }, signal }), signal);
    if (!('parts' in answer)) throw new MaskClientError('upload-not-found', 'The upload has become another one.');
    for (const signed of answer.parts) ready.set(signed.part_number, freshPut(signed, answer.expires_in));
  }

  return async (part) => {
    signing = signing.catch(() => undefined).then(() => sign(part));
    await signing;
    const url = ready.get(part);
    ready.delete(part);
    if (!url) throw new MaskClientError('upload-not-found', 'The server signed other parts than were asked for.');
    return url;
  };
}

function isFresh(url: FreshPut | undefined): boolean {
  return url !== undefined && performance.now() < url.deadAt;
}
