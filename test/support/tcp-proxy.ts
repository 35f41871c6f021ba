import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface TcpProxy {
  readonly port: number;
  /** Accepts connections and takes bytes, but passes nothing on and never answers: a server that hangs. */
  pause(): void;
  /** Resets every connection and refuses new ones: a server that is down. */
  cut(): Promise<void>;
  /** Back to normal. What clients sent while paused now arrives. */
  resume(): Promise<void>;
  close(): Promise<void>;
}

interface Link {
  client: Socket;
  server: Socket | undefined;
}

/** A TCP proxy on 127.0.0.1, to put before PostgreSQL or S3 and take them away from a client in mid-flight. */
export async function tcpProxy(targetPort: number, targetHost = '127.0.0.1'): Promise<TcpProxy> {
  const links = new Set<Link>();
  let paused = false;

  const listener = createServer({ pauseOnConnect: true }, (client) => {
    const link: Link = { client, server: undefined };
    links.add(link);
    watch(client, link);
    if (!paused) flow(link);
  });

  /** When either side is gone the other follows. */
  function watch(socket: Socket, link: Link): void {
    socket.on('error', () => undefined);
    socket.on('close', () => {
      links.delete(link);
      link.client.destroy();
      link.server?.destroy();
    });
  }

  function flow(link: Link): void {
    if (!link.server) {
      link.server = connect(targetPort, targetHost);
      watch(link.server, link);
    }
    link.client.pipe(link.server).pipe(link.client);
  }

  function hold({ client, server }: Link): void {
    if (!server) return;
    client.unpipe(server).pause();
    server.unpipe(client).pause();
  }

  async function listen(port: number): Promise<number> {
    listener.listen(port, '127.0.0.1');
    await once(listener, 'listening');
    return (listener.address() as AddressInfo).port;
  }

  async function cut(): Promise<void> {
    if (!listener.listening) return;
    const closed = once(listener, 'close');
    listener.close();
    for (const { client, server } of links) {
      client.resetAndDestroy();
      server?.destroy();
    }
    await closed;
  }

  const port = await listen(0);
  return {
    port,
    pause() {
      paused = true;
      links.forEach(hold);
    },
    cut,
    async resume() {
      if (paused) {
        paused = false;
        links.forEach(flow);
      }
      if (!listener.listening) await listen(port);
    },
    close: cut,
  };
}
