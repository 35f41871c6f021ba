import type { MaskClient } from './api.js';
import { isWorthRepeating, retryAfter } from './api-request.js';
import { gunzip, isGzip } from './compress.js';
import { idleTimer, pause } from './deadline.js';
import { aborted, MaskClientError } from './errors.js';
import { sha256 } from './hash.js';
import { ATTEMPTS, repeat, waitMs } from './repeat.js';
import { fetchSigned } from './store-get.js';
import type { DownloadedMask, Mask } from './types.js';

/** Fresh URLs for a store that refuses them, and downloads of one file that arrive damaged. */
const MAX_REFUSALS = 3;

interface Settings {
  client: MaskClient;
  annotationId: string | number;
  signal: AbortSignal;
  idleTimeoutMs: number;
  storeFetch: typeof fetch | undefined;
}

/** Downloads a mask over a bad network until its bytes are those on record. */
export async function fetchMask(mask: Mask, settings: Settings): Promise<DownloadedMask> {
  const { signal } = settings;
  let url = mask.download_url;
  let refusals = 0;
  for (let attempt = 0; attempt < ATTEMPTS; ) {
    url ??= await freshUrl(mask, settings);
    const { status, retryAfterSeconds, data, encoding } = await getOnce(url, mask, settings);
    if (data) {
      const file = await original(mask, data, encoding, signal);
      if (file) return { mask, data: file };
      if (++refusals >= MAX_REFUSALS) throw corrupt();
    } else if (status === 403 || status === 404) {
      // expired; or deleted, which a fresh URL cannot be had for
      if (++refusals >= MAX_REFUSALS) throw refused(status);
      url = undefined;
      continue;
    } else if (status !== 0 && !isWorthRepeating(status)) throw refused(status);
    attempt++;
    await pause(waitMs(attempt - 1, retryAfterSeconds), signal);
  }
  const message = 'The store does not answer. In a browser: do its CORS rules and the page’s CSP allow it?';
  throw new MaskClientError('store-unreachable', message, { retryable: true });
}

interface Got {
  /** 0 when there was no answer, or only half of one. */
  status: number;
  retryAfterSeconds?: number | undefined;
  data?: Blob;
  encoding?: string | null;
}

async function getOnce(download_url: string, mask: Mask, settings: Settings): Promise<Got> {
  const { signal, idleTimeoutMs, storeFetch } = settings;
  if (signal.aborted) throw aborted();
  const attempt = new AbortController();
  const stop = () => attempt.abort();
  const idle = idleTimer(idleTimeoutMs, stop);
  signal.addEventListener('abort', stop);
  try {
    const options = { signal: attempt.signal, ...(storeFetch && { storeFetch }) };
    const response = await fetchSigned({ download_url, headers: {} }, options);
    const { status, headers } = response;
    const chunks: Uint8Array<ArrayBuffer>[] = [];
    const reader = response.body?.getReader();
    for (;;) {
      const { done, value } = (await reader?.read()) ?? { done: true };
      if (done) break;
      idle.touch();
      chunks.push(value as Uint8Array<ArrayBuffer>);
    }
    if (!response.ok) return { status, retryAfterSeconds: retryAfter(headers.get('Retry-After')) };
    return { status, data: new Blob(chunks, { type: mask.mime_type }), encoding: headers.get('Content-Encoding') };
  } catch {
    // what fetch says of it may hold the URL
    if (signal.aborted) throw aborted();
    return { status: 0 };
  } finally {
    idle.end();
    signal.removeEventListener('abort', stop);
  }
}

/** The file as it was before any content encoding; undefined for bytes that are not those on record. */
async function original(mask: Mask, data: Blob, encoding: string | null | undefined, signal: AbortSignal) {
  const { checksum, file_size, content_encoding } = mask;
  const isStored = checksum === null ? data.size === file_size : (await sha256(data, signal)) === checksum;
  if (content_encoding === null) return isStored ? data : undefined;
  if (isStored) return new Blob([await gunzip(data)], { type: mask.mime_type });
  // fetch has unpacked it, as it does with what the store labels as gzip; not every page may see that label
  return encoding === 'gzip' || !(await isGzip(data)) ? data : undefined;
}

async function freshUrl({ id }: Mask, { client, annotationId, signal }: Settings): Promise<string> {
  const signed = await repeat(
    () => client.signMaskDownload({ annotation_id: annotationId, mask_id: id, signal }),
    signal,
  );
  return signed.download_url;
}

function corrupt(): MaskClientError {
  return new MaskClientError('download-corrupt', 'What the store gives is not what was recorded.');
}

function refused(status: number): MaskClientError {
  return new MaskClientError('store-refused', `The store refuses the download: ${status}.`, { status });
}
