import { putByFetch } from './put-by-fetch.js';
import { hasXhr, putByXhr } from './put-by-xhr.js';

/** A PUT that was signed: exactly these headers, and nothing of the API's. */
export interface SignedPut {
  method: string;
  url: string;
  headers: Record<string, string>;
}

export interface PutOptions {
  /** Aborts the PUT at once. */
  signal: AbortSignal;
  idleTimeoutMs: number;
  storeFetch: typeof fetch | undefined;
  /** Bytes of this PUT that are on their way. */
  onBytes: (sent: number) => void;
}

export interface PutAnswer {
  /** HTTP status; 0 when there was no answer: cut, refused, hanging, or by CORS. */
  status: number;
  retryAfter: string | null;
  /** The store's own word for an error, such as `SignatureDoesNotMatch`. */
  storeCode: string | undefined;
}

/** One attempt. Rejects only when `signal` is aborted. */
export function putOnce(put: SignedPut, body: Blob, options: PutOptions): Promise<PutAnswer> {
  return options.storeFetch || !hasXhr() ? putByFetch(put, body, options) : putByXhr(put, body, options);
}

export const NO_ANSWER: PutAnswer = { status: 0, retryAfter: null, storeCode: undefined };

/** Of an S3 error in XML its code, which is a plain word; nothing else of it is repeated anywhere. */
export function storeCodeOf(text: string): string | undefined {
  return /<Code>([A-Za-z]{1,64})<\/Code>/.exec(text)?.[1];
}
