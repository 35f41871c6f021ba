import { idleTimer } from './deadline.js';
import { aborted } from './errors.js';
import { NO_ANSWER, type PutAnswer, type PutOptions, type SignedPut, storeCodeOf } from './store-put.js';

/** What we use of XMLHttpRequest: the only way for a page or a worker to see how much of a body has left. */
interface Xhr {
  upload: { onprogress: ((event: { loaded: number }) => void) | null };
  onload: (() => void) | null;
  onerror: (() => void) | null;
  onabort: (() => void) | null;
  status: number;
  responseText: string;
  open(method: string, url: string): void;
  setRequestHeader(name: string, value: string): void;
  getResponseHeader(name: string): string | null;
  send(body: Blob): void;
  abort(): void;
}

function xhrClass(): (new () => Xhr) | undefined {
  return (globalThis as { XMLHttpRequest?: new () => Xhr }).XMLHttpRequest;
}

export function hasXhr(): boolean {
  return xhrClass() !== undefined;
}

export function putByXhr(
  put: SignedPut,
  body: Blob,
  { signal, idleTimeoutMs, onBytes }: PutOptions,
): Promise<PutAnswer> {
  const Class = xhrClass();
  if (!Class) return Promise.resolve(NO_ANSWER);
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(aborted());
    const xhr = new Class();
    const stop = () => xhr.abort();
    const idle = idleTimer(idleTimeoutMs, stop);
    const end = (answer: PutAnswer) => {
      idle.end();
      signal.removeEventListener('abort', stop);
      if (signal.aborted) reject(aborted());
      else resolve(answer);
    };
    signal.addEventListener('abort', stop);
    xhr.upload.onprogress = ({ loaded }) => {
      idle.touch();
      onBytes(loaded);
    };
    xhr.onload = () =>
      end({
        status: xhr.status,
        retryAfter: xhr.getResponseHeader('Retry-After'),
        storeCode: xhr.status >= 400 ? storeCodeOf(xhr.responseText) : undefined,
      });
    xhr.onerror = () => end(NO_ANSWER);
    xhr.onabort = () => end(NO_ANSWER);
    xhr.open(put.method, put.url);
    for (const [name, value] of Object.entries(put.headers)) xhr.setRequestHeader(name, value);
    xhr.send(body);
  });
}
