import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { type Context, createContext, type GroupScope } from '../src/use-cases/context.js';
import { openScope } from '../src/use-cases/open-scope.js';
import { withLease } from '../src/use-cases/verification-lease.js';
import { fileFor, newGroup, startHost, type TestHost } from './support/host.js';
import { png } from './support/png.js';
import { waitFor } from './support/wait.js';

const LEASE_SECONDS = 0.6;

describe('a lease on verifying an upload', () => {
  let host: TestHost;
  let group: string;
  let scope: GroupScope;
  let id: string;
  const processes: Context[] = [];

  before(async () => {
    host = await startHost({ store: 'filesystem', router: { maintenance: false } });
  });
  beforeEach(async () => {
    processes.length = 0;
    for (let count = 0; count < 2; count++) {
      processes.push(createContext({ knex: host.knex, storage: host.storage, onEvent: () => {} }));
    }
    group = await newGroup(host);
    const { body } = await host.api('POST', `${group}/signed-url`, fileFor(png()));
    id = body.upload_id;
    scope = { ...(await openScope(process(0), '1', null)), groupId: Number(group.split('/').at(-1)) };
  });
  afterEach(() => Promise.all(processes.map((context) => context.close())));
  after(() => host.close());

  function process(index: number): Context {
    return processes[index] ?? expect.fail('there are two processes');
  }
  const lease = <T>(index: number, work: (signal: AbortSignal) => Promise<T>) =>
    withLease(process(index), scope, id, work, LEASE_SECONDS);
  const until = async (): Promise<Date | null> =>
    (await host.knex('annotation_mask_upload').where({ id }).first('verifying_until')).verifying_until;
  const stopped = async (signal: AbortSignal): Promise<never> => {
    if (!signal.aborted) await once(signal, 'abort');
    throw new Error('stopped');
  };

  it('is held by one process, for as long as its work takes, and then free', async () => {
    const result = await lease(0, async (signal) => {
      const first = await until();
      await waitFor(async () => Number(await until()) > Number(first) + 2 * LEASE_SECONDS * 1000, {
        message: 'the lease to be renewed again and again',
      });
      expect(await lease(1, async () => 'second')).to.equal(undefined);
      expect(signal.aborted).to.equal(false);
      return 'first';
    });
    expect(result).to.equal('first');
    expect(await until()).to.equal(null);
    expect(await lease(1, async () => 'second')).to.equal('second');
  });

  it('is free again when the work fails', async () => {
    const error = await lease(0, () => Promise.reject(new Error('no luck'))).catch((reason: Error) => reason.message);
    expect(error).to.equal('no luck');
    expect(await until()).to.equal(null);
  });

  it('is taken by one of twenty', async () => {
    let running = 0;
    let open = () => {};
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const tries = Array.from({ length: 20 }, (_, turn) =>
      lease(turn % 2, async () => {
        running++;
        await gate;
        return true;
      }),
    );
    await waitFor(() => running === 1, { message: 'one to begin' });
    const settled = Promise.all(tries);
    await Promise.race([settled, delay(LEASE_SECONDS * 2000)]);
    open();
    expect((await settled).filter(Boolean)).to.have.length(1);
  });

  it('stops the work when the upload is given up', async () => {
    const working = lease(0, stopped);
    await waitFor(until, { message: 'the lease' });
    expect((await host.api('DELETE', `${group}/uploads/${id}`)).status).to.equal(204);
    expect(await working).to.equal(undefined);
  });

  it('stops the work when another process has taken it over, whose lease then stays', async () => {
    const working = lease(0, stopped);
    await waitFor(until, { message: 'the lease' });
    const theirs = new Date(Date.now() + 60_000);
    await host.knex('annotation_mask_upload').where({ id }).update({ verifying_until: theirs });
    expect(await working).to.equal(undefined);
    expect(await until()).to.deep.equal(theirs);
  });

  it('stops the work when the process is closing, and is free at once', async () => {
    const working = lease(0, stopped);
    await waitFor(until, { message: 'the lease' });
    await process(0).close();
    expect(await working).to.equal(undefined);
    expect(await until()).to.equal(null);
    expect(await lease(1, async () => 'second')).to.equal('second');
  });

  it('is not given for an upload that is judged, expired or gone', async () => {
    const change = (fields: object) => host.knex('annotation_mask_upload').where({ id }).update(fields);
    const never = () => expect.fail('there is nothing to do');
    const clean = { verified_at: null, rejected_code: null };
    for (const fields of [
      { verified_at: new Date() },
      { rejected_code: 'size-mismatch' },
      { expires_at: new Date() },
    ]) {
      await change({ ...clean, ...fields });
      expect(await lease(0, never)).to.equal(undefined);
    }
    await host.knex('annotation_mask_upload').where({ id }).delete();
    expect(await lease(0, never)).to.equal(undefined);
  });
});
