import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** What a bad network, or a bad proxy on the way, does to a request. */
export type Fault =
  /** The connection is reset before anything is passed on. */
  | 'dropped'
  /** The store does what was asked, and its answer never arrives. */
  | 'answer-lost'
  /** Half of the body is passed on; then both sides are reset. */
  | 'cut'
  | 'delayed'
  /** One byte arrives as another. */
  | 'corrupted'
  /** The answer is a success, and nothing was passed on. */
  | 'swallowed'
  /** Nothing is passed on and nothing is answered. */
  | 'hanging'
  | 'answered-403'
  | 'answered-500'
  | 'answered-503';

export interface StoreProxy {
  /** Where clients reach it, and so what URLs are to be signed for: it passes the Host header on as it is. */
  readonly url: string;
  /** Where it passes requests on to. */
  target: string;
  /** What to do to a request. Default: nothing. */
  fault: (req: IncomingMessage) => Fault | undefined;
  /** Requests it did something to, by what it did. */
  readonly faults: Partial<Record<Fault, number>>;
  /** Bytes of bodies that came from clients. */
  readonly bytes: number;
  close(): Promise<void>;
}

/** An HTTP proxy on 127.0.0.1 between clients and their object store. */
export async function storeProxy(): Promise<StoreProxy> {
  let bytes = 0;
  const server = createServer((req, res) => {
    req.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
    });
    req.pause();
    const { socket } = req;
    pass(req, res).catch(() => socket.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const proxy = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    target: '',
    fault: (_: IncomingMessage): Fault | undefined => undefined,
    faults: {} as Partial<Record<Fault, number>>,
    get bytes() {
      return bytes;
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };

  async function pass(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const fault = proxy.fault(req);
    if (fault) proxy.faults[fault] = (proxy.faults[fault] ?? 0) + 1;
    if (fault === 'hanging') return;
    if (fault === 'dropped') {
      req.socket.resetAndDestroy();
      return;
    }
    const [, status] = fault?.split('answered-') ?? [];
    if (fault !== 'answer-lost' && status !== undefined) {
      req.resume();
      await once(req, 'end');
      res.writeHead(Number(status), { 'Retry-After': '0' }).end();
      return;
    }
    if (fault === 'swallowed') {
      req.resume();
      await once(req, 'end');
      res.end();
      return;
    }
    if (fault === 'delayed') await delay(50 + Math.random() * 200);

    const onward = request(proxy.target + (req.url ?? ''), { method: req.method, headers: req.headers });
    const { socket } = req;
    const gone = () => {
      onward.destroy();
      socket.destroy();
    };
    onward.on('error', gone);
    res.on('close', () => res.writableFinished || onward.destroy());
    onward.on('response', (answer) => {
      if (fault === 'answer-lost') {
        answer.resume();
        answer.on('end', () => socket.resetAndDestroy());
        return;
      }
      res.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.on('error', gone);
      answer.pipe(res);
    });
    if (fault === 'cut') {
      onward.flushHeaders();
      const half = Math.floor(Number(req.headers['content-length'] ?? 0) / 2);
      let passed = 0;
      for await (const chunk of req as AsyncIterable<Buffer>) {
        const part = chunk.subarray(0, half - passed);
        passed += part.length;
        await new Promise((resolve) => onward.write(part, resolve));
        if (passed >= half) break;
      }
      onward.destroy();
      socket.resetAndDestroy();
      return;
    }
    if (fault === 'corrupted') {
      const body = Buffer.concat(await req.toArray());
      body[body.length >> 1] = (body[body.length >> 1] ?? 0) ^ 1;
      onward.end(body);
      return;
    }
    req.pipe(onward);
  }

  return proxy;
}

/** Each fault for its share of requests, the same ones for the same seed. */
export function randomFaults(shares: Partial<Record<Fault, number>>, seed = 1): () => Fault | undefined {
  const random = mulberry32(seed);
  return () => {
    let at = random();
    for (const [fault, share] of Object.entries(shares) as [Fault, number][]) {
      if (at < share) return fault;
      at -= share;
    }
    return undefined;
  };
}

function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
