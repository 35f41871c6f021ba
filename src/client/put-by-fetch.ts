import { idleTimer } from './deadline.js';
import { aborted } from './errors.js';
import { NO_ANSWER, type PutAnswer, type PutOptions, type SignedPut, storeCodeOf } from './store-put.js';

/** Up to here a body goes out in one piece: whether it moves does not matter. */
const ONE_PIECE_BYTES = 2 ** 20;
/** As slow as a link may be where we cannot see it move. */
const SLOWEST_BYTES_PER_MS = 16;

export async function putByFetch(
  put: SignedPut,
  body: Blob,
  { signal, idleTimeoutMs, storeFetch, onBytes }: PutOptions,
): Promise<PutAnswer> {
  if (signal.aborted) throw aborted();
  const attempt = new AbortController();
  const stop = () => attempt.abort();
  const seen = storeFetch === undefined && canStream() && body.size > ONE_PIECE_BYTES;
  const idle = idleTimer(seen ? idleTimeoutMs : idleTimeoutMs + body.size / SLOWEST_BYTES_PER_MS, stop);
  signal.addEventListener('abort', stop);
  try {
    const response = await (storeFetch ?? fetch)(put.url, {
      method: put.method,
      credentials: 'omit',
      referrerPolicy: 'no-referrer',
      redirect: 'error',
      signal: attempt.signal,
      ...(seen
        ? streamed(put, body, (sent) => {
            idle.touch();
            onBytes(sent);
          })
        : { headers: put.headers, body }),
    } as RequestInit);
    const text = await response.text();
    const storeCode = response.ok ? undefined : storeCodeOf(text);
    return { status: response.status, retryAfter: response.headers.get('Retry-After'), storeCode };
  } catch {
    // what fetch says of it may hold the URL
    if (signal.aborted) throw aborted();
    return NO_ANSWER;
  } finally {
    idle.end();
    signal.removeEventListener('abort', stop);
  }
}

/** Node sends a stream of known length as it is; browsers would not. */
function canStream(): boolean {
  return (globalThis as { process?: { versions?: { node?: string } } }).process?.versions?.node !== undefined;
}

/** The body piece by piece, so that it can be seen moving. */
function streamed({ headers }: SignedPut, body: Blob, onBytes: (sent: number) => void) {
  let sent = 0;
  const counter = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      sent += chunk.byteLength;
      onBytes(sent);
      controller.enqueue(chunk);
    },
  });
  return {
    headers: { ...headers, 'Content-Length': String(body.size) },
    body: body.stream().pipeThrough(counter),
    duplex: 'half',
  };
}
