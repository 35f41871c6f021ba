import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { whatIsAsked } from '../../domain/conditional-request.js';
import { servedHeaders } from '../../domain/served-file.js';
import { cutOffStalled } from '../stalled-client.js';
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
  stalledMs?: number,
): Promise<void> {
  const object = await openObject(root, grant.key);
  try {
    const etag = etagOf(object);
    const asked = whatIsAsked(req, object.size, etag);
    if (asked === 'unsatisfiable') {
      throw new Problem(416, 'The object has no such range', { 'Content-Range': `bytes */${object.size}` });
    }
    setHeaders(res, grant, etag, now);
    if (asked === 'not-modified') {
      res.statusCode = 304;
      res.end();
      return;
    }
    const { start, end } = asked === 'whole' ? { start: 0, end: object.size - 1 } : asked;
    if (asked !== 'whole') {
      res.statusCode = 206;
      res.setHeader('Content-Range', `bytes ${start}-${end}/${object.size}`);
    }
    res.setHeader('Content-Length', end - start + 1);
    if (req.method === 'HEAD' || object.size === 0) {
      res.end();
      return;
    }
    cutOffStalled(res, stalledMs);
    await pipeline(object.handle.createReadStream({ start, end, autoClose: false }), res);
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
  for (const [name, value] of Object.entries(servedHeaders(grant, etag, secondsLeft))) res.setHeader(name, value);
}
