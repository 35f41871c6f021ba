import http, { type IncomingHttpHeaders } from 'node:http';
import https from 'node:https';

/** What the contract suite sends: more than `fetch` can, such as a wrong length or a body that breaks off. */
export interface RawRequest {
  method: string;
  url: string;
  headers?: Record<string, string>;
}

export interface RawAnswer {
  status: number;
  headers: IncomingHttpHeaders;
  /** The bytes as they came, with no content decoding. */
  body: Buffer;
}

/** One request on a connection of its own. A body is sent with its true Content-Length. */
export function send(request: RawRequest, body?: Uint8Array): Promise<RawAnswer> {
  return exchange(request, (out) => {
    if (body) out.setHeader('content-length', body.byteLength);
    out.end(body);
  });
}

/** Sends the body chunked, without saying how long it is. */
export function sendChunked(request: RawRequest, body: Uint8Array): Promise<RawAnswer> {
  return exchange(request, (out) => {
    out.setHeader('transfer-encoding', 'chunked');
    out.end(body);
  });
}

/** Promises the whole body, sends half of it and breaks the connection. */
export function sendHalf(request: RawRequest, body: Uint8Array): Promise<void> {
  return new Promise((resolve) => {
    const out = open(request);
    out.setHeader('content-length', body.byteLength);
    out.on('error', () => {});
    out.on('close', resolve);
    out.write(body.subarray(0, body.byteLength >> 1), () => out.destroy());
  });
}

function exchange(request: RawRequest, write: (out: http.ClientRequest) => void): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const out = open(request);
    out.on('error', reject);
    out.on('response', (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('error', reject);
      answer.on('end', () =>
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: Buffer.concat(chunks) }),
      );
    });
    write(out);
  });
}

function open({ method, url, headers = {} }: RawRequest): http.ClientRequest {
  const client = url.startsWith('https:') ? https : http;
  return client.request(url, { method, headers, agent: false });
}
