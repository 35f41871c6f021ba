import { looksLikeDicom } from './content/dicom.js';
import { gunzipPrefix, isGzip } from './content/gzip.js';
import { looksLikeJson } from './content/json.js';
import { looksLikeNifti } from './content/nifti.js';
import { looksLikeNrrd } from './content/nrrd.js';
import { looksLikePng } from './content/png.js';
import type { Findings, Glimpse } from './content/types.js';
import type { ContentKind, MimeType } from './mime-types.js';

export type { Findings } from './content/types.js';

/** What is known of a stored object after reading its two ends. */
export interface ContentSample {
  /** The first bytes, up to 64 KiB. */
  head: Buffer;
  /** The last bytes, up to 64. */
  tail: Buffer;
  /** Of the whole object, in bytes. */
  size: number;
}

const INSPECTORS: Record<ContentKind, (file: Glimpse) => Findings> = {
  png: looksLikePng,
  dicom: looksLikeDicom,
  nifti: looksLikeNifti,
  nrrd: looksLikeNrrd,
  json: looksLikeJson,
  any: () => ({ ok: true }),
};

/**
 * Whether stored bytes are what their MIME type says, judged by the format's own marks. With gzip, and inside
 * `.nii.gz`, the marks are looked for in an unpacked prefix of bounded size. Never throws, whatever the bytes.
 *
 * @returns For PNG also `width` and `height` in pixels; else a `message` that says what is wrong.
 */
export function inspectContent(type: MimeType, contentEncoding: 'gzip' | null, sample: ContentSample): Findings {
  if (contentEncoding === 'gzip') return inspectPacked(type, sample);
  // A .nii.gz is a gzip file in its own right, without any content encoding.
  if (type.content === 'nifti' && isGzip(sample.head)) return inspectPacked(type, sample);
  return INSPECTORS[type.content](sample);
}

function inspectPacked(type: MimeType, sample: ContentSample): Findings {
  if (!isGzip(sample.head)) return { ok: false, message: 'The file does not begin like gzip' };
  const unpacked = gunzipPrefix(sample);
  if (unpacked === null) return { ok: false, message: 'The file begins like gzip but cannot be unpacked' };
  const findings = INSPECTORS[type.content](unpacked);
  return findings.ok ? findings : { ok: false, message: `${findings.message} (looked at after unpacking gzip)` };
}
