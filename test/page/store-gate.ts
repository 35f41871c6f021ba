import { once } from 'node:events';
import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** An HTTP proxy in front of a store. Uploads pass through it when a test wants them to. */
export interface StoreGate {
  readonly url: string;
  /** PUTs that the store has answered with success. */
  stored(): number;
  /** PUTs that are held. */
  held(): number;
  /** Lets `count` more PUTs through and holds those that come after. */
  holdAfter(count: number): void;
  /** Answers every PUT with this status instead of passing it on, also those that are held. */
  refuse(status: number): void;
  /** Takes the store away: what is under way is cut, what comes is reset. */
  goDown(): void;
  /** Everything passes, also what is held. */
  open(): void;
  close(): Promise<void>;
}

/** @param isStore which requests are to the store; the others always pass */
export async function storeGate(target: URL, isStore: (path: string) => boolean = () => true): Promise<StoreGate> {
  const agent = new Agent({ keepAlive: true });
  const waiting: { req: IncomingMessage; res: ServerResponse }[] = [];
  const underWay = new Set<IncomingMessage>();
  let stored = 0;
  let passes = Number.POSITIVE_INFINITY;
  let refusal: number | undefined;
  let down = false;

  const server = createServer((req, res) => {
    if (!isStore(req.url ?? '')) return pass(req, res);
    if (down) return void req.socket.destroy();
    underWay.add(req);
    res.on('close', () => underWay.delete(req));
    if (req.method !== 'PUT') return pass(req, res);
    if (refusal !== undefined) return answer(req, res, refusal);
    if (passes > 0) {
      passes -= 1;
      return pass(req, res);
    }
    waiting.push({ req, res });
  });

  function pass(req: IncomingMessage, res: ServerResponse): void {
    if (req.destroyed) return;
    const { hostname, port } = target;
    const onward = request({ agent, hostname, port, method: req.method, path: req.url, headers: req.headers });
    onward.on('response', (from) => {
      if (req.method === 'PUT' && from.statusCode === 200) stored += 1;
      res.writeHead(from.statusCode ?? 502, from.headers);
      from.pipe(res);
      from.on('error', () => res.destroy());
    });
    onward.on('error', () => res.destroy());
    res.on('close', () => onward.destroy());
    req.pipe(onward);
  }

  /** As a store does: a page may read it, whatever it says. */
  function answer(req: IncomingMessage, res: ServerResponse, status: number): void {
    req.resume();
    res.writeHead(status, { 'Access-Control-Allow-Origin': req.headers.origin ?? '*' }).end();
  }

  function releaseAll(): void {
    for (const { req, res } of waiting.splice(0)) pass(req, res);
  }

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stored: () => stored,
    held: () => waiting.length,
    holdAfter(count) {
      passes = count;
    },
    refuse(status) {
      refusal = status;
      for (const { req, res } of waiting.splice(0)) answer(req, res, status);
    },
    goDown() {
      down = true;
      waiting.splice(0);
      for (const req of underWay) req.socket.destroy();
    },
    open() {
      down = false;
      refusal = undefined;
      passes = Number.POSITIVE_INFINITY;
      releaseAll();
    },
    async close() {
      releaseAll();
      server.closeAllConnections();
      agent.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
