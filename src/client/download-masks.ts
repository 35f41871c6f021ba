import { createMaskClient, type MaskClient } from './api.js';
import { checkLimits } from './check-options.js';
import { createLimiter, mapAhead } from './concurrency.js';
import { manyListeners } from './deadline.js';
import { aborted, asClientError, MaskClientError } from './errors.js';
import { fetchMask } from './fetch-mask.js';
import { repeat } from './repeat.js';
import type { DownloadedMask, DownloadOptions, Mask } from './types.js';

const PAGE = 1000;
const DEFAULT_CONCURRENCY = 6;
const DEFAULT_IDLE_TIMEOUT_MS = 60_000;
/** Times the concurrency: the others need not wait for one that is being tried again. */
const AHEAD = 8;
/** Held in memory ahead of the mask that is awaited. */
const BYTES_AHEAD = 256 * 2 ** 20;

/**
 * The masks of a group and their bytes, in the order of the list (slice, label, id). Each is compared with the SHA-256
 * on record, and unpacked where it was stored with a content encoding; one that `fetch` has unpacked already is as good
 * as its gzip checksum. The next ones are fetched while the caller works on one; a caller who stops asking stops it all.
 *
 * @throws MaskClientError
 */
export async function* downloadMasks(options: DownloadOptions): AsyncGenerator<DownloadedMask, void, undefined> {
  checkLimits(options);
  const client = createMaskClient(options);
  const controller = new AbortController();
  manyListeners(controller.signal);
  const stop = () => controller.abort();
  options.signal?.addEventListener('abort', stop);
  if (options.signal?.aborted) throw aborted();

  const files = { done: 0, total: 0 };
  const bytes = { received: 0, total: 0 };
  const tell = () => {
    try {
      options.onProgress?.({ files: { ...files }, bytes: { ...bytes } });
    } catch (error) {
      throw new MaskClientError('unexpected', 'onProgress threw.', { cause: error });
    }
  };
  const listed = list(client, options, controller.signal, (page, total) => {
    files.total = total;
    for (const mask of page) bytes.total += mask.file_size ?? 0;
    tell();
  });
  const concurrency = options.concurrency ?? DEFAULT_CONCURRENCY;
  const limit = createLimiter(concurrency);
  const weigh = (mask: Mask) => mask.file_size ?? 0;
  const idleTimeoutMs = options.idleTimeoutMs ?? DEFAULT_IDLE_TIMEOUT_MS;
  const settings = { client, annotationId: options.annotationId, signal: controller.signal, idleTimeoutMs };
  try {
    const downloads = mapAhead(listed, { ahead: concurrency * AHEAD, weigh, most: BYTES_AHEAD }, (mask) =>
      limit(() => fetchMask(mask, { ...settings, storeFetch: options.storeFetch })),
    );
    for await (const downloaded of downloads) {
      files.done++;
      bytes.received += downloaded.mask.file_size ?? downloaded.data.size;
      tell();
      yield downloaded;
    }
  } catch (error) {
    throw asClientError(error);
  } finally {
    options.signal?.removeEventListener('abort', stop);
    controller.abort();
  }
}

async function* list(
  client: MaskClient,
  { annotationId, groupId, label_name, slice_index }: DownloadOptions,
  signal: AbortSignal,
  onPage: (masks: Mask[], total: number) => void,
): AsyncGenerator<Mask> {
  let cursor: string | null | undefined;
  do {
    const query = {
      annotation_id: annotationId,
      group_id: groupId,
      limit: PAGE,
      include: 'download_url' as const,
      ...(label_name !== undefined && { label_name }),
      ...(slice_index !== undefined && { slice_index }),
      ...(cursor && { cursor }),
      signal,
    };
    const page = await repeat(() => client.listMasks(query), signal);
    onPage(page.masks, page.total_count);
    yield* page.masks;
    cursor = page.next_cursor;
  } while (cursor);
}
