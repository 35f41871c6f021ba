import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { expect } from 'chai';
import knexPackage, { type Knex } from 'knex';
import {
  createS3Storage,
  type MaskUploadEvent,
  migrateMaskUpload,
  type S3StorageOptions,
  type Storage,
} from '../../src/index.js';
import { type ApiAnswer, fileFor, maskPath, newGroup, startHost, type TestHost, upload } from '../support/host.js';
import { png } from '../support/png.js';
import { createHostTable, type FreshDatabase, freshDatabase, portOf, throughPort } from '../support/postgres.js';
import { allRows } from '../support/rows.js';
import { type FreshBucket, freshBucket } from '../support/s3.js';
import { type TcpProxy, tcpProxy } from '../support/tcp-proxy.js';
import { waitFor } from '../support/wait.js';

const UPLOAD_ID = '0198f3a2-6c1e-7d4b-9a53-2f0c8e7b1d64';
const GROUPS = '/annotations/1/mask-groups';

/** knex tells of every lost connection; here they are lost on purpose. */
const QUIET = { warn() {}, error() {} };

function expectUnavailable(answer: ApiAnswer, code: string): void {
  expect({ status: answer.status, code: answer.body?.code }).to.deep.equal({ status: 503, code });
  expect(Number(answer.headers.get('retry-after'))).to.be.within(1, 60);
}

describe('without a database', () => {
  const LIMITS = { statementTimeoutMs: 400, poolTimeoutMs: 400 };
  /** A request makes a few steps, but the first that fails ends it; plus what the machine adds. */
  const BOUND_MS = 2500;

  let database: FreshDatabase;
  let proxy: TcpProxy;
  let knex: Knex;
  let host: TestHost;
  let group: string;
  beforeEach(async () => {
    database = await freshDatabase();
    proxy = await tcpProxy(portOf(database.connectionString));
    const connection = throughPort(database.connectionString, proxy.port);
    knex = knexPackage({ client: 'pg', connection, pool: { min: 0, max: 3 }, log: QUIET });
    host = await startHost({ store: 'filesystem', database, knex, router: { ...LIMITS, maintenance: false } });
    group = await newGroup(host);
  });
  afterEach(async () => {
    await proxy.resume();
    await host.close();
    await knex.destroy();
    await proxy.close();
    await database.drop();
  });

  const requests = (): [string, string, unknown?][] => [
    ['GET', GROUPS],
    ['POST', GROUPS, {}],
    ['GET', group],
    ['PATCH', group, { version: '2' }],
    ['POST', `${group}/signed-url`, fileFor(png())],
    ['GET', `${group}/uploads`],
    ['POST', `${group}/uploads/${UPLOAD_ID}/signed-url`, {}],
    ['DELETE', `${group}/uploads/${UPLOAD_ID}`],
    ['GET', `${group}/masks`],
    ['DELETE', group],
  ];

  async function expectAllUnavailable(): Promise<void> {
    for (const [method, path, body] of requests()) {
      const answer = await host.api(method, path, body);
      expectUnavailable(answer, 'database-unavailable');
      expect(answer.milliseconds, `${method} ${path}`).to.be.below(BOUND_MS);
    }
    const startedAt = performance.now();
    const crowd = await Promise.all(Array.from({ length: 20 }, () => host.api('GET', group)));
    for (const answer of crowd) expectUnavailable(answer, 'database-unavailable');
    expect(performance.now() - startedAt, 'twenty at once').to.be.below(2 * BOUND_MS);
  }

  async function expectRecovered(): Promise<void> {
    expect((await host.api('GET', group)).status).to.equal(200);
    const bytes = png({ value: 9 });
    const [signed] = await upload(host, group, [{ bytes }]);
    const { body } = await host.api('POST', `${group}/complete`, { uploaded_files: [signed?.upload_id] });
    expect(body.processed_masks).to.equal(1);
    const crowd = await Promise.all(Array.from({ length: 20 }, () => host.api('GET', group)));
    expect(crowd.map(({ status }) => status)).to.deep.equal(Array(20).fill(200));
  }

  it('answers 503 while it is down, and works as soon as it is back', async () => {
    await proxy.cut();
    await expectAllUnavailable();
    await proxy.resume();
    await expectRecovered();
  });

  it('answers 503 while it hangs, in bounded time, and works as soon as it is back', async () => {
    proxy.pause();
    await expectAllUnavailable();
    await proxy.resume();
    // connections that were being made while it hung arrive when they like
    await waitFor(async () => (await host.api('GET', group)).status === 200, { message: 'the pool to recover' });
    await expectRecovered();
  });

  it('answers 503 when the host holds every connection of the pool, and works when it lets one go', async () => {
    const held = await Promise.all(Array.from({ length: 3 }, () => knex.client.acquireConnection()));
    await expectAllUnavailable();
    for (const connection of held) await knex.client.releaseConnection(connection);
    await expectRecovered();
    expect(knex.client.pool.numPendingAcquires()).to.equal(0);
    expect(knex.client.pool.numUsed()).to.equal(0);
  });

  it('answers 503 when a lock is not to be had in time, and keeps nothing of it', async () => {
    const rows = await allRows(database.knex);
    await database.knex.transaction(async (trx) => {
      await trx.raw('lock table annotation_mask_group in access exclusive mode');
      for (const [method, path, body] of requests()) {
        const answer = await host.api(method, path, body);
        expectUnavailable(answer, 'database-unavailable');
        expect(answer.milliseconds, `${method} ${path}`).to.be.below(BOUND_MS);
      }
    });
    expect(await allRows(database.knex)).to.deep.equal(rows);
    await waitFor(() => knex.client.pool.numUsed() === 0, { message: 'connections to come back' });
    await expectRecovered();
  });

  it('survives having its connections terminated by the server', async () => {
    for (let round = 0; round < 3; round++) {
      await database.knex.raw(
        `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`,
      );
      // one request may meet the dead connection; the pool makes a new one after it
      const answer = await host.api('GET', group);
      if (answer.status !== 200) expectUnavailable(answer, 'database-unavailable');
      expect((await waitFor(async () => (await host.api('GET', group)).status === 200)) as boolean).to.equal(true);
    }
    await expectRecovered();
  });

  it('answers 503 to a request whose connection the server closes politely in the middle', async () => {
    const sockets: Socket[] = [];
    const relay = createServer({ allowHalfOpen: true }, (client) => {
      const server = connect(portOf(database.connectionString), '127.0.0.1');
      client.pipe(server).pipe(client);
      for (const socket of [client, server]) socket.on('error', () => {});
      sockets.push(client);
    });
    relay.listen(0, '127.0.0.1');
    await once(relay, 'listening');
    const connection = throughPort(database.connectionString, (relay.address() as AddressInfo).port);
    const own = knexPackage({ client: 'pg', connection, log: QUIET });
    const other = await startHost({ database, knex: own, prepared: true, router: { maintenance: false } });
    try {
      expect((await other.api('GET', group)).status).to.equal(200);
      await database.knex.transaction(async (trx) => {
        await trx.raw('lock table annotation_mask_group in access exclusive mode');
        const waiting = other.api('PATCH', group, { version: '3' });
        await waitFor(async () => {
          const { rows } = await trx.raw(
            'select 1 from pg_locks l join pg_database d on d.oid = l.database where d.datname = current_database() and not granted',
          );
          return rows.length > 0;
        });
        for (const socket of sockets) socket.end();
        expectUnavailable(await waiting, 'database-unavailable');
      });
      expect((await other.api('GET', group)).body.version).to.equal(null);
    } finally {
      await other.close();
      await own.destroy();
      for (const socket of sockets) socket.destroy();
      relay.close();
    }
  });

  it('says that it is read-only or shut down as 503 as well', async () => {
    await database.knex.raw(`alter database ?? set default_transaction_read_only = on`, [
      new URL(database.connectionString).pathname.slice(1),
    ]);
    const readOnly = knexPackage({ client: 'pg', connection: database.connectionString });
    const standby = await startHost({ database, knex: readOnly, prepared: true, router: { maintenance: false } });
    try {
      expect((await standby.api('GET', group)).status).to.equal(200);
      expectUnavailable(await standby.api('PATCH', group, { version: '3' }), 'database-unavailable');
    } finally {
      await standby.close();
      await readOnly.destroy();
    }
  });

  it('still answers 401, 405 and 404 for paths of the host', async () => {
    await proxy.cut();
    expect((await host.api('GET', group, undefined, { as: null })).status).to.equal(401);
    expect((await host.api('PUT', group, {})).status).to.equal(405);
    expect((await host.api('GET', '/nothing')).status).to.equal(404);
  });

  it('starts while the database is down', async () => {
    await proxy.cut();
    const late = await startHost({ store: 'filesystem', database, knex, prepared: true, router: LIMITS });
    try {
      expectUnavailable(await late.api('GET', group), 'database-unavailable');
      await proxy.resume();
      expect((await late.api('GET', group)).status).to.equal(200);
    } finally {
      await late.close();
    }
  });
});

describe('without storage', () => {
  const TIMEOUT_MS = 300;
  /** Three tries with pauses between them. */
  const BOUND_MS = 6000;

  let bucket: FreshBucket;
  let proxy: TcpProxy;
  let storage: Storage & { close(): Promise<void> };
  let host: TestHost;
  before(async () => {
    bucket = await freshBucket();
    proxy = await tcpProxy(Number(new URL(bucket.endpoint).port));
    const options: S3StorageOptions = {
      bucket: bucket.name,
      // the server's own calls go through the proxy, the clients' do not
      endpoint: `http://127.0.0.1:${proxy.port}`,
      publicEndpoint: bucket.endpoint,
      region: bucket.region,
      credentials: bucket.credentials,
      forcePathStyle: true,
      timeoutMs: TIMEOUT_MS,
    };
    storage = createS3Storage(options);
    host = await startHost({ storage, router: { sweepIntervalSeconds: 0.2, deletionGraceSeconds: 0 } });
  });
  afterEach(() => proxy.resume());
  after(async () => {
    await host.close();
    await storage.close();
    await proxy.close();
    await bucket.drop();
  });

  const outages: [string, () => Promise<void> | void][] = [
    ['is down', () => proxy.cut()],
    ['hangs', () => proxy.pause()],
  ];
  for (const [what, start] of outages) {
    it(`signs, answers 503 to complete, and loses nothing while it ${what}; a repeat then records all`, async () => {
      const group = await newGroup(host, { slice_count: 5 });
      const slices = Array.from({ length: 5 }, (_, value) => png({ value }));
      await start();

      const uploads = await upload(
        host,
        group,
        slices.map((bytes, slice_index) => ({ bytes, file: { slice_index } })),
      );
      const uploaded_files = uploads.map(({ file_path }) => file_path);
      const rows = await allRows(host.knex);
      for (let round = 0; round < 2; round++) {
        const answer = await host.api('POST', `${group}/complete`, { uploaded_files });
        expectUnavailable(answer, 'storage-unavailable');
        expect(answer.milliseconds).to.be.below(BOUND_MS);
        expect(await allRows(host.knex)).to.deep.equal(rows, 'nothing is recorded and nothing is lost');
      }
      const listed = await host.api('GET', `${group}/uploads`);
      expectUnavailable(listed, 'storage-unavailable');
      expect(listed.milliseconds).to.be.below(BOUND_MS);

      await proxy.resume();
      const answer = await host.api('POST', `${group}/complete`, { uploaded_files, slice_count: 5 });
      expect(answer.body).to.include({ status: 'complete', processed_masks: 5 });
      expect(await bucket.keys()).to.include.members(uploaded_files);
    });

    it(`deletes while it ${what}, and the objects go when it is back`, async () => {
      const group = await newGroup(host);
      const bytes = png({ value: 42 });
      const [first, second, third] = await upload(host, group, [{ bytes }, { bytes }, { bytes }]);
      const uploaded_files = [first?.file_path, second?.file_path];
      const { body } = await host.api('POST', `${group}/complete`, { uploaded_files });
      await start();

      const mask = maskPath(group, body.masks[0].id);
      const download = await host.api('POST', `${mask}/download-url`, {});
      expect((await fetch(download.body.download_url)).status).to.equal(200, 'signing a download needs no storage');
      expect((await host.api('DELETE', mask)).status).to.equal(204);
      const deleted = await host.api('DELETE', group);
      expect(deleted.status).to.equal(204);
      expect(deleted.milliseconds).to.be.below(2000);
      const queued = (await allRows(host.knex)).deletions;
      expect(queued).to.include.members([...uploaded_files, third?.file_path]);
      expect(await bucket.keys()).to.include.members([...uploaded_files, third?.file_path]);

      await proxy.resume();
      await waitFor(
        async () => {
          const keys = await bucket.keys();
          return [...uploaded_files, third?.file_path].every((key) => !keys.includes(key ?? ''));
        },
        { timeoutMs: 20_000, message: 'the objects to be deleted' },
      );
    });
  }

  it('answers 503 when the store refuses our credentials, and says nothing of them', async () => {
    const denied = createS3Storage({
      bucket: bucket.name,
      endpoint: bucket.endpoint,
      region: bucket.region,
      credentials: { ...bucket.credentials, secretAccessKey: 'this-secret-is-wrong-this-secret-is-wrong' },
      forcePathStyle: true,
    });
    const locked = await startHost({
      database: host.database,
      prepared: true,
      storage: denied,
      router: { maintenance: false },
    });
    try {
      const group = await newGroup(host);
      const [signed] = await upload(host, group, [{ bytes: png({ value: 3 }) }]);
      const answer = await locked.api('POST', `${group}/complete`, { uploaded_files: [signed?.upload_id] });
      expectUnavailable(answer, 'storage-unavailable');
      expect(JSON.stringify(answer.body)).not.to.match(/secret|AKIA|SignatureDoesNotMatch|127\.0\.0\.1/i);
    } finally {
      await locked.close();
      await denied.close();
    }
  });
});

describe('on a schema that does not fit', () => {
  let database: FreshDatabase;
  let host: TestHost;
  beforeEach(async () => {
    database = await freshDatabase();
    await createHostTable(database.knex);
    host = await startHost({ store: 'filesystem', database, prepared: true, router: { maintenance: false } });
  });
  afterEach(async () => {
    await host.close();
    await database.drop();
  });

  it('answers 503 until the database is migrated, and then works without a restart', async () => {
    for (let round = 0; round < 2; round++) {
      const answer = await host.api('POST', GROUPS, {});
      expectUnavailable(answer, 'schema-mismatch');
    }
    await migrateMaskUpload(database.knex);
    expect((await host.api('POST', GROUPS, {})).status).to.equal(201);
  });

  it('answers 503 while the host’s own table is missing', async () => {
    await database.knex.schema.dropTable('annotation_annotation');
    expectUnavailable(await host.api('GET', GROUPS), 'schema-mismatch');
    await createHostTable(database.knex);
    await migrateMaskUpload(database.knex);
    expect((await host.api('GET', GROUPS)).status).to.equal(200);
  });

  it('refuses tables that are older, or that a newer version changed in a way this one cannot work with', async () => {
    await migrateMaskUpload(database.knex);
    const installation = () => database.knex('annotation_mask_installation');
    const [{ schema_version }] = await installation().select('schema_version');

    await installation().update({ schema_version: schema_version - 1 });
    expectUnavailable(await host.api('GET', GROUPS), 'schema-mismatch');
    await installation().update({ schema_version: 99, compatible_from: 99 });
    expectUnavailable(await host.api('GET', GROUPS), 'schema-mismatch');
    await installation().update({ schema_version: 99, compatible_from: schema_version });
    expect((await host.api('GET', GROUPS)).status).to.equal(200);
    expect((await host.api('POST', GROUPS, {})).status).to.equal(201);
  });

  it('notices a migration that comes while it is at work', async () => {
    await migrateMaskUpload(database.knex);
    expect((await host.api('GET', GROUPS)).status).to.equal(200);
    await database.knex('annotation_mask_installation').update({ schema_version: 99, compatible_from: 99 });
    const refused = async () => {
      const answer = await host.api('GET', GROUPS);
      if (answer.status === 200) return false;
      expectUnavailable(answer, 'schema-mismatch');
      return true;
    };
    await waitFor(refused, { message: 'the router to refuse the tables' });
  });
});

describe('when something unforeseen goes wrong', () => {
  const SECRET = 'postgres://admin:hunter2@10.0.0.1';
  let host: TestHost;
  const events: MaskUploadEvent[] = [];
  before(async () => {
    const real = await startHost({ store: 'filesystem' });
    const broken = async () => {
      throw new Error(SECRET);
    };
    host = await startHost({
      storage: { ...real.storage, signUpload: broken, signDownload: broken, read: broken, head: broken },
      router: {
        maintenance: false,
        onEvent(event) {
          if (event.type !== 'request-failed') return;
          events.push(event);
          throw new Error(`the listener fails: ${SECRET}`);
        },
      },
    });
    await real.close();
  });
  after(() => host.close());

  it('answers 500 that tells nothing, and tells onEvent all', async () => {
    const group = await newGroup(host);
    const errors = console.error;
    const logged: unknown[][] = [];
    console.error = (...args) => logged.push(args);
    let answer: ApiAnswer;
    try {
      answer = await host.api('POST', `${group}/signed-url`, fileFor(png()));
    } finally {
      console.error = errors;
    }
    expect(answer.status).to.equal(500);
    expect(answer.body).to.have.keys('type', 'title', 'status', 'detail', 'code');
    expect(answer.body.code).to.equal('internal-error');
    expect(JSON.stringify([answer.body, [...answer.headers]])).not.to.match(/hunter2|10\.0\.0\.1|\.ts|at /);
    expect(events.at(-1)).to.include({ type: 'request-failed', operation: 'signUpload', code: 'internal-error' });
    expect(events.at(-1)).to.have.nested.property('error.message', SECRET);
    expect(logged).to.have.length(1, 'a listener that fails is told of, and breaks nothing');
  });

  it('keeps what was signed in its table, so that nothing is orphaned', async () => {
    const group = await newGroup(host);
    const errors = console.error;
    console.error = () => {};
    try {
      expect(
        (await host.api('POST', `${group}/signed-urls`, { files: [fileFor(png()), fileFor(png())] })).status,
      ).to.equal(500);
    } finally {
      console.error = errors;
    }
    const { body } = await host.api('GET', group);
    expect(body.stats.pending_uploads).to.equal(2);
  });

  it('logs failures to console.error where nobody listens', async () => {
    const logged: unknown[][] = [];
    const errors = console.error;
    console.error = (...args) => logged.push(args);
    const silent = await startHost({
      database: host.database,
      prepared: true,
      storage: host.storage,
      router: { maintenance: false, onEvent: undefined },
    });
    try {
      const group = await newGroup(silent);
      await silent.api('POST', `${group}/signed-url`, fileFor(png()));
      expect(logged).to.have.length(1);
      expect(logged[0]?.[0]).to.equal('pacs-mask-upload: signUpload failed (internal-error)');
    } finally {
      console.error = errors;
      await silent.close();
    }
  });
});
