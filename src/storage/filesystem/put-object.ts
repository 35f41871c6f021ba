import type { IncomingMessage, ServerResponse } from 'node:http';
import type { UploadGrant } from './grant.js';
import { Problem } from './problem.js';
import type { RootFolder } from './root-folder.js';
import { assertFree, WriteRefused, writeOnce } from './write-once.js';

/** Stores the body of a signed PUT, if it is what was signed. */
export async function putObject(
  root: RootFolder,
  grant: UploadGrant,
  req: IncomingMessage,
  res: ServerResponse,
  maxIdleMs: number,
): Promise<void> {
  if (req.readableDidRead) {
    throw new Problem(500, 'A body parser ran before the storage handler: mount the storage handler ahead of it');
  }
  assertHeaders(req, grant);
  try {
    await assertFree(root, grant.key);
    await writeOnce(root, grant.key, bodyOf(req, maxIdleMs), grant);
  } catch (error) {
    throw error instanceof WriteRefused ? refusal(error) : error;
  }
  res.statusCode = 200;
  res.setHeader('Content-Length', 0);
  res.setHeader('Cache-Control', 'no-store');
  res.end();
}

/** The headers that were signed, checked before a byte is read. */
function assertHeaders(req: IncomingMessage, grant: UploadGrant): void {
  const { headers } = req;
  if (headers['content-length'] === undefined || headers['transfer-encoding'] !== undefined) {
    throw new Problem(411, 'Send Content-Length');
  }
  const length = Number(headers['content-length']);
  if (length > grant.contentLength) throw new Problem(413, 'The body is longer than was signed');
  if (length !== grant.contentLength) throw new Problem(400, 'The body is shorter than was signed');
  if (headers['content-type'] !== grant.contentType) {
    throw new Problem(415, 'Send the Content-Type that came with the signed URL');
  }
  if (headers['content-encoding'] !== grant.contentEncoding) {
    throw new Problem(415, 'Send the Content-Encoding that came with the signed URL, or none if none came');
  }
  if (headers['if-none-match'] !== '*') throw new Problem(428, 'Send "If-None-Match: *"');
}

/**
 * The bytes as they arrive. Throws when the client goes away, and when it sends nothing for too long. Either way, and
 * when nobody wants more of it, the request is left open, so that it can still be answered.
 */
async function* bodyOf(req: IncomingMessage, maxIdleMs: number): AsyncGenerator<Uint8Array> {
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

function refusal({ reason }: WriteRefused): Problem {
  if (reason === 'exists') return new Problem(412, 'There is an object under this key already');
  if (reason === 'checksum') return new Problem(400, 'The SHA-256 of the body is not the one that was signed');
  return new Problem(400, 'The length of the body is not the one that was signed');
}
