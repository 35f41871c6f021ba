import type { Limiter } from './concurrency.js';
import { aborted, MaskClientError } from './errors.js';
import { type FreshPut, putPersistently } from './persistent-put.js';
import { repeat } from './repeat.js';
import { sendParts } from './send-parts.js';
import { freshPut, type Sending } from './sending.js';
import type { UploadRun } from './upload-run.js';

/** Takes a file to the store, in one PUT or in parts. Resolves when the store has it. */
export async function sendFile(run: UploadRun, sending: Sending, limit: Limiter): Promise<void> {
  const { progress, health, signal, idleTimeoutMs, storeFetch } = run;
  const { index, body } = sending.prepared;
  if (sending.parts) await sendParts(run, sending, sending.parts, limit);
  else {
    await limit(async () => {
      if (signal.aborted) throw aborted();
      progress.enter('uploading');
      progress.status(index, 'uploading');
      await putPersistently(
        { body, signed: sending.signed, renew: () => renew(run, sending), health },
        { signal, idleTimeoutMs, storeFetch, onBytes: (sent) => progress.sent(index, sent) },
      );
      progress.sent(index, body.size);
    });
  }
  progress.status(index, 'uploaded');
}

/** A fresh URL for the same upload. */
async function renew(run: UploadRun, { uploadId }: Sending): Promise<FreshPut> {
  const { client, annotationId, groupId, signal } = run;
  const answer = await repeat(
    () => client.renewUpload({ annotation_id: annotationId, group_id: groupId, upload_id: uploadId, signal }),
    signal,
  );
  if ('parts' in answer) throw new MaskClientError('upload-not-found', 'The upload has become another one.');
  return freshPut(answer, answer.expires_in);
}
