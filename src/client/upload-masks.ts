import { createLimiter } from './concurrency.js';
import { withDeadline } from './deadline.js';
import { asClientError, MaskClientError } from './errors.js';
import { type FindKnown, findKnownFiles } from './known-files.js';
import { repeat } from './repeat.js';
import { sendAll } from './send-all.js';
import type { Mask, MaskGroup, UploadOptions, UploadResult } from './types.js';
import { openRun, type UploadRun } from './upload-run.js';

const GIVE_UP_MS = 10_000;

/**
 * Uploads masks: hashes, signs, sends and completes them, over a bad network, with a bounded number in flight and in
 * bounded memory. With `groupId` it goes on where an earlier upload was interrupted: what the group holds already, and
 * what the store has received, is not sent again.
 *
 * @returns the group as it is afterwards, and the masks in the order of `files`
 * @throws MaskClientError always; `upload-incomplete` when some files were not recorded, with `failures` and the `masks`
 *   of all others; `aborted`. From the moment that there is a group it carries the `groupId` to go on with.
 */
export async function uploadMasks(options: UploadOptions): Promise<UploadResult> {
  const run = openRun(options);
  try {
    const result = await Promise.race([run.stopped, upload(run, options)]);
    run.progress.end('done');
    return result;
  } catch (thrown) {
    const error = asClientError(thrown);
    if (run.progress.groupId !== null) error.groupId = run.progress.groupId;
    error.masks = run.ledger.masks;
    if (error.code === 'aborted' && options.giveUpOnAbort) await giveUp(run);
    run.progress.end(error.code === 'aborted' ? 'aborted' : 'failed');
    throw error;
  } finally {
    run.close();
  }
}

async function upload(run: UploadRun, options: UploadOptions): Promise<UploadResult> {
  const { client, annotationId, signal } = run;
  const group = await openGroup(run, options);
  run.groupId = group.id;
  run.progress.opened(group.id);

  const nothing: FindKnown = () => undefined;
  await sendAll(run, options.groupId === undefined ? nothing : await findKnownFiles(run));

  const failures = run.ledger.failures();
  if (failures.length > 0) {
    const message = `${failures.length} of ${run.files.length} files were not recorded.`;
    const retryable = failures.some((failure) => failure.retryable);
    const error = new MaskClientError('upload-incomplete', message, { retryable });
    error.failures = failures;
    throw error;
  }
  const { stats: _, ...after } = await repeat(
    () => client.getMaskGroup({ annotation_id: annotationId, group_id: run.groupId, signal }),
    signal,
  );
  return { group: after, masks: run.ledger.masks.filter((mask): mask is Mask => mask !== undefined) };
}

/** A new group whose answer is lost stays behind, empty: there is no telling it from one that somebody else made. */
function openGroup({ client, annotationId, signal }: UploadRun, { group, groupId }: UploadOptions): Promise<MaskGroup> {
  return repeat<MaskGroup>(
    () =>
      groupId === undefined
        ? client.createMaskGroup({ annotation_id: annotationId, body: group ?? {}, signal })
        : client.getMaskGroup({ annotation_id: annotationId, group_id: groupId, signal }),
    signal,
  );
}

/** As far as the server can be reached: what it is not told of, it gives up by itself in time. */
async function giveUp({ client, annotationId, groupId, pending }: UploadRun): Promise<void> {
  const limit = createLimiter(6);
  await withDeadline(undefined, GIVE_UP_MS, (signal) =>
    Promise.allSettled(
      [...pending].map((upload_id) =>
        limit(() => client.giveUpUpload({ annotation_id: annotationId, group_id: groupId, upload_id, signal })),
      ),
    ),
  );
}
