import type { ObjectKey, Sha256Hex } from '../../domain/types.js';
import { isLegalKey } from './legal-key.js';
import { isSignedBy, SIGNATURE_PARAMETER, sign } from './signature.js';

const PART_PARAMETER = 'part';

/** What the holder of a signed URL may do, until `expiresAt` (milliseconds since 1970). */
export type Grant = UploadGrant | PartGrant | DownloadGrant;

interface AnyGrant {
  key: ObjectKey;
  contentType: string;
  contentEncoding: string | undefined;
  expiresAt: number;
}

export interface UploadGrant extends AnyGrant {
  method: 'PUT';
  contentLength: number;
  sha256: Sha256Hex | undefined;
  partNumber?: undefined;
}

/** The PUT of one part of the unfinished upload `id`. */
export interface PartGrant extends AnyGrant {
  method: 'PUT';
  contentLength: number;
  id: string;
  partNumber: number;
}

export interface DownloadGrant extends AnyGrant {
  method: 'GET' | 'HEAD';
  fileName: string;
}

/** `/{key}?…`, signed: the path and query of the URL, below the public URL. */
export function signedPath(grant: Grant, secret: Buffer): string {
  const parameters = new URLSearchParams({ expires: String(grant.expiresAt), type: grant.contentType });
  if (grant.contentEncoding) parameters.set('encoding', grant.contentEncoding);
  if (grant.method !== 'PUT') {
    parameters.set('name', grant.fileName);
  } else {
    parameters.set('length', String(grant.contentLength));
    if (grant.partNumber !== undefined) {
      parameters.set('upload', grant.id);
      parameters.set(PART_PARAMETER, String(grant.partNumber));
    } else if (grant.sha256) {
      parameters.set('sha256', grant.sha256);
    }
  }
  const signable = { method: signedMethod(grant.method, parameters), key: grant.key, parameters };
  parameters.set(SIGNATURE_PARAMETER, sign(signable, secret));
  return `/${grant.key}?${parameters}`;
}

/**
 * What a request may do, or undefined when we did not sign it. Says nothing of whether it has expired.
 *
 * @param path of the request, below the public URL, with its query
 */
export function grantOf(method: 'PUT' | 'GET' | 'HEAD', path: string, secrets: readonly Buffer[]): Grant | undefined {
  const [before = '', query = ''] = splitOnce(path, '?');
  const key = before.slice(1);
  const parameters = new URLSearchParams(query);
  const signature = parameters.get(SIGNATURE_PARAMETER);
  if (!before.startsWith('/') || !isLegalKey(key) || !signature) return undefined;
  const signable = { method: signedMethod(method, parameters), key, parameters };
  if (!isSignedBy(signable, signature, secrets)) return undefined;
  // from here on every parameter is one that signedPath() wrote
  const granted = {
    key: key as ObjectKey,
    contentType: parameters.get('type') ?? '',
    contentEncoding: parameters.get('encoding') ?? undefined,
    expiresAt: Number(parameters.get('expires')),
  };
  if (method !== 'PUT') return { ...granted, method, fileName: parameters.get('name') ?? '' };
  const contentLength = Number(parameters.get('length'));
  if (parameters.has(PART_PARAMETER)) {
    const id = parameters.get('upload') ?? '';
    return { ...granted, method, contentLength, id, partNumber: Number(parameters.get(PART_PARAMETER)) };
  }
  const sha256 = (parameters.get('sha256') ?? undefined) as Sha256Hex | undefined;
  return { ...granted, method, contentLength, sha256 };
}

/** A part is signed as what it is: code that knows nothing of parts would take it for a whole object. */
function signedMethod(method: Grant['method'], parameters: URLSearchParams): string {
  return parameters.has(PART_PARAMETER) ? `${method} part` : method;
}

function splitOnce(text: string, separator: string): string[] {
  const at = text.indexOf(separator);
  return at === -1 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}
