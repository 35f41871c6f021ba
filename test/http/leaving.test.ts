import { once } from 'node:events';
import { request, type ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { expect } from 'chai';
import { createMaskUploadService, type MaskUploadEvent, type Storage } from '../../src/index.js';
import { newGroup, startHost, type TestHost, upload } from '../support/host.js';
import { png } from '../support/png.js';
import { waitFor } from '../support/wait.js';

const FILES = Array.from({ length: 30 }, (_, slice_index) => ({
  bytes: png({ value: slice_index }),
  file: { slice_index },
}));

describe('a client that leaves', () => {
  let host: TestHost;
  let slow: TestHost;
  let events: MaskUploadEvent[];
  let asked: number;
  let closed: number;
  let answerAll: () => void;
  beforeEach(async () => {
    host = await startHost({ store: 'filesystem', router: { maintenance: false } });
    events = [];
    asked = 0;
    closed = 0;
    const gate = new Promise<void>((resolve) => {
      answerAll = resolve;
    });
    const storage: Storage = {
      ...host.storage,
      async head(key, options) {
        if (!options?.signal?.aborted) asked++;
        await gate;
        return host.storage.head(key, options);
      },
      async read(key, options) {
        asked++;
        await gate;
        return host.storage.read(key, options);
      },
    };
    slow = await startHost({
      database: host.database,
      prepared: true,
      storage,
      before: [
        (_req: unknown, res: ServerResponse, next: () => void) => {
          res.on('close', () => closed++);
          next();
        },
      ],
      router: { maintenance: false, verifyConcurrency: 2, onEvent: (event) => events.push(event) },
    });
  });
  afterEach(async () => {
    answerAll();
    await slow.close();
    await host.close();
  });

  /** Sends a request to the slow host and breaks the connection once the store is being asked. */
  async function leave(method: string, path: string, body?: object): Promise<void> {
    const sent = request(`${slow.url}/api${path}`, {
      method,
      headers: { authorization: 'Bearer anna', ...(body && { 'content-type': 'application/json' }) },
    });
    const broken = once(sent, 'error');
    sent.end(body && JSON.stringify(body));
    await waitFor(() => asked === 2, { message: 'the store to be asked' });
    sent.destroy(new Error('left'));
    await broken;
    await waitFor(() => closed === 1, { message: 'the server to notice' });
  }

  /** What waited for its turn is not begun any more, and nobody is told of a failure. */
  async function expectNoMoreWork(): Promise<void> {
    answerAll();
    const answer = await slow.api('GET', '/annotations/1/mask-groups');
    expect(answer.status).to.equal(200);
    expect(asked).to.equal(2);
    expect(events.filter(({ type }) => type === 'request-failed')).to.deep.equal([]);
  }

  it('ends the verifying of a completion, which a repeat then does', async () => {
    const group = await newGroup(host);
    const uploaded_files = (await upload(host, group, FILES)).map(({ upload_id }) => upload_id);
    await leave('POST', `${group}/complete`, { uploaded_files });
    await expectNoMoreWork();
    expect((await host.api('GET', `${group}/masks`)).body.total_count).to.equal(0);
    const again = await slow.api('POST', `${group}/complete`, { uploaded_files });
    expect(again.body.processed_masks).to.equal(FILES.length);
  });

  it('ends the looking for pending uploads in the store', async () => {
    const group = await newGroup(host);
    await upload(host, group, FILES);
    await leave('GET', `${group}/uploads`);
    await expectNoMoreWork();
  });

  it('can be the host’s own code, which gets the reason of its signal', async () => {
    const group = await newGroup(host);
    const uploaded_files = (await upload(host, group, FILES)).map(({ upload_id }) => upload_id);
    const storage: Storage = { ...host.storage, read: () => new Promise(() => asked++) };
    const service = createMaskUploadService({ knex: host.knex, storage, maintenance: false });
    const leaving = new AbortController();
    const groupId = Number(group.split('/').at(-1));
    const call = service.completeUpload({ annotationId: 1, groupId, signal: leaving.signal }, { uploaded_files });
    await waitFor(() => asked > 0, { message: 'the store to be asked' });
    const reason = new Error('enough');
    leaving.abort(reason);
    expect(await call.catch((error: unknown) => error)).to.equal(reason);
    await service.close();
  });
});

describe('a client that leaves while the host is asked whether it may', () => {
  it('is not told of as a host that kept the body', async () => {
    const events: MaskUploadEvent[] = [];
    let letIn: (permitted: boolean) => void = () => undefined;
    const permitted = new Promise<boolean>((resolve) => {
      letIn = resolve;
    });
    let asked = false;
    let closed = false;
    const host = await startHost({
      store: 'filesystem',
      before: [
        (_req: unknown, res: ServerResponse, next: () => void) => {
          res.on('close', () => {
            closed = true;
          });
          next();
        },
      ],
      auth: {
        authorize: () => {
          asked = true;
          return permitted;
        },
      },
      router: { maintenance: false, onEvent: (event) => events.push(event) },
    });
    const socket = connect(Number(new URL(host.url).port), '127.0.0.1');
    socket.write(
      'POST /api/annotations/1/mask-groups HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer anna\r\n' +
        'Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}',
    );
    await waitFor(() => asked, { message: 'the host to be asked' });
    socket.destroy();
    await waitFor(() => closed, { message: 'the server to notice' });
    letIn(true);
    await waitFor(() => events.some(({ type }) => type === 'request-finished'), { message: 'the end of the request' });
    await host.close();
    expect(events.filter(({ type }) => type === 'request-failed')).to.deep.equal([]);
  });
});

describe('a body that does not arrive in time', () => {
  let host: TestHost;
  before(async () => {
    host = await startHost({ store: 'filesystem', router: { bodyTimeoutMs: 300 } });
  });
  after(() => host.close());

  for (const [how, drip] of [
    ['stops', false],
    ['drips in byte by byte', true],
  ] as const) {
    it(`is answered 408 when it ${how}, and its connection is closed`, async () => {
      const socket = connect(Number(new URL(host.url).port), '127.0.0.1');
      socket.on('error', () => undefined);
      let answer = '';
      socket.on('data', (chunk) => {
        answer += chunk;
      });
      socket.write(
        'POST /api/annotations/1/mask-groups HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer anna\r\n' +
          'Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"group_name":"x',
      );
      const drops = drip ? setInterval(() => socket.write('x'), 20) : undefined;
      await once(socket, 'close');
      clearInterval(drops);
      expect(answer).to.match(/^HTTP\/1.1 408 /);
      expect(answer).to.match(/\r\nConnection: close\r\n/i);
      expect(answer).to.contain('"code":"request-timeout"');
    });
  }

  it('holds no connection of the pool meanwhile', async () => {
    const sockets = Array.from({ length: 30 }, () => connect(Number(new URL(host.url).port), '127.0.0.1'));
    for (const socket of sockets) {
      socket.on('error', () => undefined);
      socket.write(
        'POST /api/annotations/1/mask-groups HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer anna\r\n' +
          'Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{',
      );
    }
    expect((await host.api('GET', '/annotations/1/mask-groups')).status).to.equal(200);
    await Promise.all(sockets.map((socket) => once(socket.resume(), 'close')));
  });
});
