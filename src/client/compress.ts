import { aborted } from './errors.js';

/** A mask compresses well or not at all; below this gain the server's and the viewers' work is not worth it. */
const WORTH_IT = 0.9;
/** Tells the two apart without going through a volume of gigabytes. */
const SAMPLE_BYTES = 2 ** 20;
/** The most that is kept in memory of one compressed file. */
const LONGEST_RESULT_BYTES = 64 * 2 ** 20;

const COMPRESSIBLE = new Set([
  'application/vnd.nifti',
  'application/x-nifti',
  'application/x-nrrd',
  'application/json',
]);

/**
 * The file in gzip, or undefined where that is not worth it: of a type that is compressed already, hardly smaller, or
 * larger than 64 MiB even so (it would have to be kept in memory).
 */
export async function gzipped(data: Blob, mimeType: string, signal: AbortSignal): Promise<Blob | undefined> {
  if (!COMPRESSIBLE.has(mimeType) || typeof CompressionStream === 'undefined' || data.size === 0) return undefined;
  if (await isGzip(data)) return undefined;
  if (data.size > 2 * SAMPLE_BYTES && !(await gzip(data.slice(0, SAMPLE_BYTES), signal))) return undefined;
  return gzip(data, signal);
}

/** `.nii.gz` is a gzip file in its own right. */
export async function isGzip(data: Blob): Promise<boolean> {
  const [first, second] = new Uint8Array(await data.slice(0, 2).arrayBuffer());
  return first === 0x1f && second === 0x8b;
}

export function gunzip(data: Blob): Promise<Blob> {
  return new Response(data.stream().pipeThrough(new DecompressionStream('gzip'))).blob();
}

async function gzip(data: Blob, signal: AbortSignal): Promise<Blob | undefined> {
  const most = Math.min(data.size * WORTH_IT, LONGEST_RESULT_BYTES);
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  const reader = data.stream().pipeThrough(new CompressionStream('gzip')).getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return new Blob(chunks);
    size += value.byteLength;
    if (signal.aborted || size > most) {
      await reader.cancel();
      if (signal.aborted) throw aborted();
      return undefined;
    }
    chunks.push(value as Uint8Array<ArrayBuffer>);
  }
}
