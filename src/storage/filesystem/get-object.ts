import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { parseByteRange } from './byte-range.js';
import type { DownloadGrant } from './grant.js';
import { type OpenObject, openObject } from './object-files.js';
import { Problem } from './problem.js';
import type { RootFolder } from './root-folder.js';

/** Answers a signed GET or HEAD: 200, 206, 304, 404 or 416 (RFC 9110 § 13.2.2 for the order of the conditions). */
export async function getObject(
  root: RootFolder,
  grant: DownloadGrant,
  req: IncomingMessage,
  res: ServerResponse,
  now: number,
): Promise<void> {
  const object = await openObject(root, grant.key);
  try {
    const etag = etagOf(object);
    if (matches(req.headers['if-none-match'], etag)) {
      setHeaders(res, grant, etag, now);
      res.statusCode = 304;
      res.end();
      return;
    }
    const wanted = rangeAsked(req, object.size, etag);
    if (wanted === 'unsatisfiable') {
      throw new Problem(416, 'The object has no such range', { 'Content-Range': `bytes */${object.size}` });
    }
    const { start, end } = wanted ?? { start: 0, end: object.size - 1 };
    setHeaders(res, grant, etag, now);
    if (wanted) {
      res.statusCode = 206;
      res.setHeader('Content-Range', `bytes ${start}-${end}/${object.size}`);
    }
    res.setHeader('Content-Length', end - start + 1);
    if (req.method === 'HEAD' || object.size === 0) res.end();
    else await pipeline(object.handle.createReadStream({ start, end, autoClose: false }), res);
  } finally {
    await object.handle.close();
  }
}

/** An object never changes, and a file that is put in its place by hand has another date. */
function etagOf({ size, modifiedMs }: OpenObject): string {
  return `"${size.toString(36)}-${Math.trunc(modifiedMs).toString(36)}"`;
}

function setHeaders(res: ServerResponse, grant: DownloadGrant, etag: string, now: number): void {
  const secondsLeft = Math.max(0, Math.floor((grant.expiresAt - now) / 1000));
  const disposition = grant.contentType === 'image/png' ? 'inline' : 'attachment';
  res.setHeader('Content-Type', grant.contentType);
  if (grant.contentEncoding) res.setHeader('Content-Encoding', grant.contentEncoding);
  res.setHeader('Content-Disposition', `${disposition}; filename="${grant.fileName}"`);
  res.setHeader('ETag', etag);
  res.setHeader('Accept-Ranges', 'bytes');
  // no-transform: a host's compression would break length, range and ETag
  res.setHeader('Cache-Control', `private, max-age=${secondsLeft}, immutable, no-transform`);
  res.setHeader('X-Content-Type-Options', 'nosniff');
  res.setHeader('Content-Security-Policy', "sandbox; default-src 'none'");
  res.setHeader('Referrer-Policy', 'no-referrer');
}

function matches(ifNoneMatch: string | undefined, etag: string): boolean {
  const tags = ifNoneMatch?.split(',').map((tag) => tag.trim().replace(/^W\//, '')) ?? [];
  return tags.includes(etag) || tags.includes('*');
}

/** Only a GET has ranges, and only of the very object that If-Range names. */
function rangeAsked({ method, headers }: IncomingMessage, size: number, etag: string) {
  const ifRange = headers['if-range'];
  if (method !== 'GET' || (ifRange !== undefined && ifRange !== etag)) return undefined;
  return parseByteRange(headers.range, size);
}
