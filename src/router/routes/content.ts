import { whatIsAsked } from '../../domain/conditional-request.js';
import { MaskUploadError } from '../../domain/errors.js';
import { servedFile, servedHeaders } from '../../domain/served-file.js';
import { requireMask, requireMaskForDownload } from '../../use-cases/get-mask.js';
import { readMask, sizeOfMask } from '../../use-cases/read-mask.js';
import { locateMaskContent } from '../../use-cases/sign-download.js';
import { type Answer, NO_REFERRER, problemAnswer } from '../respond.js';
import { type Call, MASK, type Route } from './route.js';

export type DownloadMode = 'redirect' | 'proxy';

/** @throws TypeError for a mode that is none */
export function contentRoute(mode: DownloadMode): Route {
  if (mode !== 'redirect' && mode !== 'proxy') throw new TypeError("Option download must be 'redirect' or 'proxy'.");
  return {
    operation: 'getMaskContent',
    method: 'GET',
    path: `${MASK}/content`,
    action: 'read',
    run: mode === 'proxy' ? streamContent : redirectToContent,
  };
}

async function redirectToContent({ context, scope, method }: Call): Promise<Answer> {
  const Location = await locateMaskContent(context, scope, method === 'HEAD' ? 'HEAD' : 'GET');
  return { status: 302, headers: { Location, ...NO_REFERRER } };
}

/** The bytes as they are stored. A HEAD hands nothing out, so it is not put on record. */
async function streamContent({ context, scope, method, headers: asks }: Call): Promise<Answer> {
  const mask = await (method === 'HEAD'
    ? requireMask(context, scope)
    : requireMaskForDownload(context, scope, 'content-downloaded'));
  const { mimeTypes, defaultTtlSeconds } = context.settings;
  const size = await sizeOfMask(context, scope, mask);
  const etag = mask.checksum === null ? null : `"${mask.checksum}"`;
  const asked = whatIsAsked({ method, headers: asks }, size, etag);
  if (asked === 'unsatisfiable') {
    const error = new MaskUploadError('range-not-satisfiable', 'The file has no such range.');
    return problemAnswer(error, { 'Content-Range': `bytes */${size}` });
  }
  const headers = servedHeaders(servedFile(mask, mimeTypes), etag, defaultTtlSeconds);
  if (asked === 'not-modified') return { status: 304, headers };
  if (asked === 'whole') {
    const whole = { status: 200, headers: { ...headers, 'Content-Length': String(size) } };
    return method === 'HEAD' ? whole : { ...whole, stream: (await readMask(context, scope, mask)).body };
  }
  const { body, length } = await readMask(context, scope, mask, { range: asked });
  const range = { 'Content-Range': `bytes ${asked.start}-${asked.end}/${size}`, 'Content-Length': String(length) };
  return { status: 206, stream: body, headers: { ...headers, ...range } };
}
