import type { IncomingMessage, ServerResponse } from 'node:http';
import { Problem } from './problem.js';

/** What the signed headers of any PUT must be. */
export interface SignedBody {
  contentType: string;
  contentEncoding: string | undefined;
  contentLength: number;
}

/** The headers that were signed, checked before a byte is read. */
export function assertBody(req: IncomingMessage, signed: SignedBody): void {
  if (req.readableDidRead) {
    throw new Problem(500, 'A body parser ran before the storage handler: mount the storage handler ahead of it');
  }
  const { headers } = req;
  if (headers['content-length'] === undefined || headers['transfer-encoding'] !== undefined) {
    throw new Problem(411, 'Send Content-Length');
  }
  const length = Number(headers['content-length']);
  if (length > signed.contentLength) throw new Problem(413, 'The body is longer than was signed');
  if (length !== signed.contentLength) throw new Problem(400, 'The body is shorter than was signed');
  if (headers['content-type'] !== signed.contentType) {
    throw new Problem(415, 'Send the Content-Type that came with the signed URL');
  }
  if (headers['content-encoding'] !== signed.contentEncoding) {
    throw new Problem(415, 'Send the Content-Encoding that came with the signed URL, or none if none came');
  }
}

/**
 * The bytes as they arrive. Throws when the client goes away, and when it sends nothing for too long. Either way, and
 * when nobody wants more of it, the request is left open, so that it can still be answered.
 */
export async function* bodyOf(req: IncomingMessage, maxIdleMs: number): AsyncGenerator<Uint8Array> {
  const chunks = req.iterator({ destroyOnReturn: false });
  let waiting = false;
  try {
    for (;;) {
      waiting = true;
      const { done, value } = await beforeIdle(chunks.next(), maxIdleMs);
      waiting = false;
      if (done) return;
      yield value;
    }
  } finally {
    if (!waiting) await chunks.return?.(); // it would wait for the client, too
  }
}

async function beforeIdle<T>(next: Promise<T>, maxIdleMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const idle = new Promise<never>((_, reject) => {
    const problem = new Problem(408, 'The body stopped arriving', { Connection: 'close' });
    timer = setTimeout(() => reject(problem), maxIdleMs);
  });
  try {
    return await Promise.race([next, idle]);
  } finally {
    clearTimeout(timer);
  }
}

export function answerStored(res: ServerResponse): void {
  res.statusCode = 200;
  res.setHeader('Content-Length', 0);
  res.setHeader('Cache-Control', 'no-store');
  res.end();
}
