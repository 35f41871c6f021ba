import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';

/** A refused body that is smaller is read to its end, so that the connection can be used again. */
const SMALL_BODY_BYTES = 64 * 1024;
const LINGER_MS = 1000;

/** An answer other than the bytes. `detail` is ours, never anything that was sent. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly detail: string,
    readonly headers: Record<string, string> = {},
    options?: { cause?: unknown },
  ) {
    super(detail, options);
    this.name = 'Problem';
  }
}

/**
 * Answers with `application/problem+json` (RFC 9457). A client that is still sending a large body gets a second to
 * notice the answer; cut off at once it would see a broken connection in place of the reason.
 */
export function answerProblem(req: IncomingMessage, res: ServerResponse, problem: Problem): void {
  if (res.headersSent) {
    res.destroy();
    return;
  }
  const { status, detail, headers } = problem;
  const body = Buffer.from(JSON.stringify({ type: 'about:blank', title: STATUS_CODES[status], status, detail }));
  res.statusCode = status;
  for (const [name, value] of Object.entries(headers)) res.setHeader(name, value);
  res.setHeader('Content-Type', 'application/problem+json');
  res.setHeader('Content-Length', body.length);
  res.setHeader('Cache-Control', 'no-store');
  const small = Number(req.headers['content-length'] ?? 0) <= SMALL_BODY_BYTES && !req.headers['transfer-encoding'];
  req.on('error', () => {});
  if (req.complete || small) {
    res.end(req.method === 'HEAD' ? undefined : body);
    req.resume();
    return;
  }
  res.setHeader('Connection', 'close');
  res.write(body);
  const hangUp = () => {
    clearTimeout(timer);
    res.end();
  };
  const timer = setTimeout(hangUp, LINGER_MS);
  req.once('close', hangUp).once('end', hangUp).resume();
}
