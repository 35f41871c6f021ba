import { once } from 'node:events';
import { createServer, get, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { expect } from 'chai';
import { send } from '../../src/router/respond.js';
import { waitFor } from '../support/wait.js';

describe('a streamed answer', () => {
  let server: Server;
  let stream: Readable;
  let sent: Promise<unknown>;
  beforeEach(async () => {
    stream = new Readable({
      read() {
        this.push(Buffer.alloc(65_536));
      },
    });
    server = createServer((_req, res) => {
      sent = send(res, { status: 200, stream }, 200).catch((error: unknown) => error);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterEach(() => server.close());

  async function begin(): Promise<IncomingMessage> {
    const { port } = server.address() as AddressInfo;
    const [response] = (await once(get({ port, agent: false }), 'response')) as [IncomingMessage];
    response.on('error', () => undefined);
    return response;
  }

  it('ends with a client that takes nothing any more, and is no failure of ours', async () => {
    const response = await begin();
    response.pause();
    await waitFor(() => stream.destroyed, { message: 'the stream to be given up' });
    expect(await sent).to.equal(undefined);
    response.destroy();
  });

  it('waits for its source as long as that takes: the client is not to blame', async () => {
    stream = new Readable({ read() {} });
    stream.push('early, ');
    const connected = once(server, 'connection');
    const response = await begin();
    const [socket] = (await connected) as [Socket];
    await once(socket, 'timeout');
    stream.push('late');
    stream.push(null);
    expect(await text(response)).to.equal('early, late');
    expect(await sent).to.equal(undefined);
  });

  it('that fails breaks the connection, and is told to the caller', async () => {
    const response = await begin();
    stream.destroy(new Error('the source has gone'));
    response.resume();
    await once(response, 'close').catch(() => undefined);
    expect(response.complete).to.equal(false);
    expect(await sent)
      .to.be.instanceOf(Error)
      .with.property('message', 'the source has gone');
  });
});
