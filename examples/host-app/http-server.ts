import { once } from 'node:events';
import type { RequestListener, Server } from 'node:http';
import type { AddressInfo } from 'node:net';

const LAST_REQUESTS_MS = 1500;

/** Listens on this machine only, since everyone knows the tokens. Gives the URL. @throws Error for a port in use */
export async function listen(server: Server, port: number): Promise<string> {
  server.listen(port, '127.0.0.1');
  await once(server, 'listening').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EADDRINUSE')
      throw new Error(`port ${port} is in use: set PORT to another one, or to 0 for any`);
    if (error.code === 'EACCES') throw new Error(`no right to port ${port}: set PORT to 1024 or more`);
    throw error;
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Lets requests that are under way finish, for a moment. */
export async function close(server: Server): Promise<void> {
  if (!server.listening) return;
  const closed = once(server, 'close');
  server.close();
  const tooLate = setTimeout(() => server.closeAllConnections(), LAST_REQUESTS_MS);
  await closed;
  clearTimeout(tooLate);
}

/** Until the database is ready. */
export const answerStarting: RequestListener = (_req, res) => {
  res.writeHead(503, { 'Content-Type': 'application/json', 'Retry-After': '1' }).end('{"status":"starting"}');
};
