import type { MimeType } from './mime-types.js';
import type { Mask } from './types.js';

/** How stored bytes are handed out. Nothing of it is a client's own text. */
export interface ServedFile {
  contentType: string;
  contentEncoding: 'gzip' | undefined;
  /** Plain ASCII. */
  fileName: string;
}

/**
 * Rows adopted from tables made by hand may name any type; one that a browser might run is not served as such.
 */
export function servedFile(
  mask: Pick<Mask, 'id' | 'file_path' | 'mime_type' | 'content_encoding'>,
  mimeTypes: ReadonlyMap<string, MimeType>,
): ServedFile {
  const known = mimeTypes.has(mask.mime_type);
  const extension = /(\.[a-z0-9]{1,8}){1,2}$/.exec(mask.file_path)?.[0] ?? '';
  return {
    contentType: known ? mask.mime_type : 'application/octet-stream',
    contentEncoding: mask.content_encoding ?? undefined,
    fileName: `mask-${mask.id}${known ? extension : '.bin'}`,
  };
}

/** Headers of bytes that nobody should run, and that never change. `maxAgeSeconds` is how long a cache may keep them. */
export function servedHeaders(
  file: { contentType: string; contentEncoding: string | undefined; fileName: string },
  etag: string | null,
  maxAgeSeconds: number,
): Record<string, string> {
  const disposition = file.contentType === 'image/png' ? 'inline' : 'attachment';
  return {
    'Content-Type': file.contentType,
    ...(file.contentEncoding && { 'Content-Encoding': file.contentEncoding }),
    'Content-Disposition': `${disposition}; filename="${file.fileName}"`,
    ...(etag !== null && { ETag: etag }),
    'Accept-Ranges': 'bytes',
    // no-transform: a host's compression would break length, range and ETag
    'Cache-Control': `private, max-age=${maxAgeSeconds}, immutable, no-transform`,
    ...UNTRUSTED,
    'Referrer-Policy': 'no-referrer',
  };
}

/** Whatever a client uploaded must not run as a page of this origin. */
export const UNTRUSTED = {
  'X-Content-Type-Options': 'nosniff',
  'Content-Security-Policy': "sandbox; default-src 'none'",
};
