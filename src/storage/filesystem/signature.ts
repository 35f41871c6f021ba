import { createHmac, timingSafeEqual } from 'node:crypto';

/** Changes when what is signed changes its meaning, so that no URL of an older version is read in a new way. */
const VERSION = 'pacs-mask-upload/filesystem/1';

export const SIGNATURE_PARAMETER = 'signature';

/** What a signature covers: the method, the key and every parameter of the query. */
export interface Signable {
  method: string;
  key: string;
  parameters: URLSearchParams;
}

/** HMAC-SHA-256 in hex (RFC 2104). */
export function sign(signable: Signable, secret: Buffer): string {
  return createHmac('sha256', secret).update(canonical(signable)).digest('hex');
}

/** Whether one of the secrets made the signature; takes the same time wherever a wrong one differs. */
export function isSignedBy(signable: Signable, signature: string, secrets: readonly Buffer[]): boolean {
  const given = Buffer.from(signature, 'utf8');
  return secrets.some((secret) => {
    const expected = Buffer.from(sign(signable, secret), 'utf8');
    return given.length === expected.length && timingSafeEqual(given, expected);
  });
}

/** JSON keeps the parts apart: no two different requests have the same text. The order of the query does not matter. */
function canonical({ method, key, parameters }: Signable): string {
  const signed = new URLSearchParams(parameters);
  signed.delete(SIGNATURE_PARAMETER);
  signed.sort();
  return JSON.stringify([VERSION, method, key, [...signed]]);
}
