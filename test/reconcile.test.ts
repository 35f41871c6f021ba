import { createHash, randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { expect } from 'chai';
import type { Knex } from 'knex';
import {
  createFilesystemStorage,
  createMaskUploadMaintenance,
  createS3Storage,
  isMaskUploadError,
  type ListedObject,
  type MaskUploadMaintenance,
  migrateMaskUpload,
  type ObjectKey,
  type ReconcileFinding,
  type Storage,
  StorageError,
} from '../src/index.js';
import { fileFor, maskPath, put, startHost } from './support/host.js';
import { png } from './support/png.js';
import { createHostTable, freshDatabase } from './support/postgres.js';
import { allRows, insertGroup, insertMasks } from './support/rows.js';
import { freshBucket, s3Cannot } from './support/s3.js';
import { tcpProxy } from './support/tcp-proxy.js';

/** A store into which objects come without being uploaded. */
interface Store {
  storage: Storage;
  place(key: string, bytes: Buffer): Promise<void>;
  keys(): Promise<string[]>;
  drop(): Promise<void>;
}

const keysOf = async (storage: Storage) => {
  const keys: string[] = [];
  for await (const { key } of storage.list('')) keys.push(key);
  return keys.sort();
};

async function folderStore(): Promise<Store & { root: string }> {
  const root = await mkdtemp(join(tmpdir(), 'mask-upload-test-'));
  const storage = createFilesystemStorage({
    root,
    secret: 'a secret for tests, of more than thirty-two bytes',
    publicUrl: 'http://127.0.0.1:9/mask-files',
  });
  return {
    root,
    storage,
    async place(key, bytes) {
      await mkdir(dirname(join(root, key)), { recursive: true });
      await writeFile(join(root, key), bytes);
    },
    keys: () => keysOf(storage),
    drop: () => rm(root, { recursive: true, force: true }),
  };
}

async function bucketStore(): Promise<Store> {
  const { name: Bucket, client, drop, keys, ...options } = await freshBucket();
  const storage = createS3Storage({ bucket: Bucket, forcePathStyle: true, ...options });
  return {
    storage,
    async place(Key, Body) {
      await client.send(new PutObjectCommand({ Bucket, Key, Body }));
    },
    keys,
    async drop() {
      await storage.close();
      await drop();
    },
  };
}

/** Where nothing is ever placed. */
const NO_STORE = {
  storage: createFilesystemStorage({
    root: join(tmpdir(), 'none'),
    secret: 'x'.repeat(32),
    publicUrl: 'http://127.0.0.1:9/none',
  }),
  place: async () => {},
};

const STORES = { filesystem: folderStore, s3: bucketStore };

interface PlacedMask {
  id: number;
  key: string;
  bytes: Buffer;
}

/** A database with the package's tables, whose rows and objects come without being uploaded. */
interface Installation {
  knex: Knex;
  /** `mask/{installation}/` */
  prefix: string;
  groupId: number;
  maintenance: MaskUploadMaintenance;
  /** The maintenance of another process, on another view of the store. */
  through(storage: Storage): MaskUploadMaintenance;
  /** Masks with rows and objects. */
  masks(count: number, fields?: Record<string, unknown>): Promise<PlacedMask[]>;
  /** Objects without rows. */
  orphans(count: number): Promise<string[]>;
  queue(): Promise<{ file_path: string; days: number }[]>;
  /** Lets so much time pass that everything in the queue is due. */
  makeDue(): Promise<void>;
  drop(): Promise<void>;
}

async function installation(store: Pick<Store, 'storage' | 'place'>): Promise<Installation> {
  const { knex, drop } = await freshDatabase();
  await createHostTable(knex);
  await migrateMaskUpload(knex);
  const prefix = `mask/${(await knex('annotation_mask_installation').first('id')).id}/`;
  const groupId = await insertGroup(knex);
  const through = (storage: Storage) =>
    createMaskUploadMaintenance({ knex, storage, deletionGraceSeconds: 0, onEvent: () => {} });
  const newKeys = (count: number) => Array.from({ length: count }, () => `${prefix}${groupId}/${randomUUID()}.png`);

  return {
    knex,
    prefix,
    groupId,
    maintenance: through(store.storage),
    through,
    async masks(count, fields = {}) {
      const placed = newKeys(count).map((key, index) => ({ key, bytes: Buffer.from(`bytes of ${index} of ${key}`) }));
      await eachOf(placed, ({ key, bytes }) => store.place(key, bytes));
      const rows = placed.map(({ key, bytes }) => ({
        file_path: key,
        file_size: bytes.length,
        checksum: createHash('sha256').update(bytes).digest('hex'),
        ...fields,
      }));
      const ids = await insertMasks(knex, groupId, rows);
      return placed.map((mask, index) => ({ id: ids[index] ?? 0, ...mask }));
    },
    async orphans(count) {
      const keys = newKeys(count);
      await eachOf(keys, (key) => store.place(key, Buffer.from('nobody knows me')));
      return keys.sort();
    },
    queue: async () =>
      (
        await knex.raw(`select file_path, (extract(epoch from not_before - now()) / 86400)::float8 as days
                        from annotation_mask_deletion order by file_path`)
      ).rows,
    async makeDue() {
      await knex.raw(`update annotation_mask_deletion
                      set not_before = now() - interval '1 s', put_expires_at = now() - interval '8 days'`);
    },
    drop,
  };
}

async function eachOf<T>(items: readonly T[], work: (item: T) => Promise<unknown>): Promise<void> {
  for (let start = 0; start < items.length; start += 50) await Promise.all(items.slice(start, start + 50).map(work));
}

/** The places of a list, counted from its ends too. */
function pick<T>(items: readonly T[], ...places: number[]): T[] {
  return places.flatMap((place) => items.at(place) ?? []);
}

const NOTHING = { missing: 0, wrongSize: 0, wrongChecksum: 0, unreadable: 0, orphaned: 0, unfinished: 0 };

async function rejection(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => expect.fail('expected a rejection'),
    (error: unknown) => error,
  );
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  const error = await rejection(work);
  if (!isMaskUploadError(error)) throw error;
  return error.code;
}

for (const [name, newStore] of Object.entries(STORES)) {
  describe(`reconcile on ${name}`, () => {
    let store: Store;
    let own: Installation;
    beforeEach(async () => {
      store = await newStore();
      own = await installation(store);
    });
    afterEach(async () => {
      await own.drop();
      await store.drop();
    });

    it('reports nothing where every object is a mask, pending or queued, and every mask has its object', async () => {
      await own.masks(30);
      const [pending, queued] = await own.orphans(2);
      await own.knex('annotation_mask_upload').insert({
        id: randomUUID(),
        mask_group_id: own.groupId,
        file_path: pending,
        mime_type: 'image/png',
        file_size: 1,
        put_expires_at: own.knex.fn.now(),
        expires_at: own.knex.fn.now(),
      });
      const put_expires_at = new Date();
      await own.knex('annotation_mask_deletion').insert({ file_path: queued, put_expires_at });
      // neither this installation's nor anyone's
      await store.place('mask/README.txt', Buffer.from('not ours'));
      await store.place(`other/${own.prefix}1.png`, Buffer.from('not ours'));

      const rows = await allRows(own.knex);
      for (const options of [{}, { checksums: true, repair: true, force: true }]) {
        const findings: ReconcileFinding[] = [];
        const report = await own.maintenance.reconcile({ ...options, onFinding: (one) => void findings.push(one) });
        expect(report).to.deep.equal({
          ok: true,
          masks: { checked: 30, missing: [], wrongSize: [], wrongChecksum: [], unreadable: [] },
          objects: { checked: 32, orphaned: [] },
          uploads: { checked: 0, unfinished: [], ended: 0 },
          counts: NOTHING,
          repair: options.repair ? { enqueued: 0, refused: null } : null,
        });
        expect(findings).to.deep.equal([]);
      }
      expect(await allRows(own.knex)).to.deep.equal(rows);
    });

    it('finds uploads in parts that nobody can complete any more, and ends them when they are old', async function () {
      if (name === 's3' && s3Cannot('multipart')) this.skip();
      const [mask] = await own.masks(1);
      const key = (of: string) => `${own.prefix}${own.groupId}/${of}.nii` as ObjectKey;
      const start = (of: string) => store.storage.startMultipart(of as ObjectKey, { contentType: 'application/dicom' });
      const [pending, queued, forgotten] = [key('pending'), key('queued'), key('forgotten')];
      const times = { put_expires_at: own.knex.fn.now() };
      await own.knex('annotation_mask_upload').insert({
        ...{ id: randomUUID(), mask_group_id: own.groupId, file_path: pending, mime_type: 'application/dicom' },
        ...{ file_size: 9, part_size: 5, expires_at: own.knex.fn.now(), ...times },
      });
      await own.knex('annotation_mask_deletion').insert({ file_path: queued, multipart: true, ...times });
      for (const of of [pending, queued, forgotten, mask?.key ?? '', `other/${forgotten}`]) await start(of);
      const left = async () => {
        const keys: string[] = [];
        for await (const one of store.storage.listMultiparts('')) keys.push(one.key);
        return keys.sort();
      };
      const before = await left();
      expect(before).to.have.length(5);

      for (const options of [{}, { repair: true }]) {
        const { ok, uploads, counts } = await own.maintenance.reconcile(options);
        expect([ok, uploads.checked, uploads.ended]).to.deep.equal([false, 4, 0]);
        expect(uploads.unfinished.map((one) => one.key)).to.have.members([forgotten, mask?.key]);
        for (const { startedAt } of uploads.unfinished) {
          expect(Math.abs(Date.parse(startedAt) - Date.now())).to.be.below(300_000);
        }
        expect(counts).to.deep.equal({ ...NOTHING, unfinished: 2 });
        expect(await left()).to.deep.equal(before);
      }
      const { uploads, repair } = await own.maintenance.reconcile({ repair: true, orphanDelaySeconds: 0 });
      expect(uploads.ended).to.equal(2);
      expect(repair).to.deep.equal({ enqueued: 0, refused: null });
      expect(await left()).to.deep.equal([pending, queued, `other/${forgotten}`].sort());
      expect((await own.maintenance.reconcile()).ok).to.equal(true);
      expect(await store.keys()).to.deep.equal([mask?.key]);
    });

    it('ends no upload in parts of a database that seems to have forgotten more than that', async function () {
      if (name === 's3' && s3Cannot('multipart')) this.skip();
      const [orphan = ''] = await own.orphans(11);
      await store.storage.startMultipart(orphan as ObjectKey, { contentType: 'application/dicom' });
      const careful = await own.maintenance.reconcile({ repair: true, orphanDelaySeconds: 0 });
      expect(careful.repair?.refused).to.be.a('string');
      expect(careful.uploads.ended).to.equal(0);
      const forced = await own.maintenance.reconcile({ repair: true, orphanDelaySeconds: 0, force: true });
      expect(forced.repair?.enqueued).to.equal(11);
      await own.maintenance.sweep();
      expect(await store.keys()).to.deep.equal([]);
    });

    it('finds every kind of fault among many objects, and changes nothing', async () => {
      const masks = await own.masks(name === 's3' ? 40 : 2500);
      const missing = pick(masks, 0, 20, -1);
      const wrongSize = pick(masks, 1, -2);
      const wrongBytes = pick(masks, 2, 30, -3);
      await store.storage.delete(missing.map(({ key }) => key as ObjectKey));
      for (const { key, bytes } of wrongSize) await store.place(key, bytes.subarray(1));
      for (const { key, bytes } of wrongBytes) await store.place(key, Buffer.from(bytes).fill('x', 3, 4));
      const orphans = await own.orphans(4);
      // adopted from a table made by hand
      const [adopted] = await own.masks(1, { file_size: null, checksum: null });
      await own.masks(1, { checksum: 'an MD5 once', file_size: null });
      await store.place(adopted?.key ?? '', Buffer.from('whatever it is'));
      const [lost] = await insertMasks(own.knex, own.groupId, [{ file_path: '/old/1.png', file_size: null }]);
      const rows = await allRows(own.knex);

      const at = ({ id, key }: PlacedMask) => ({ maskId: id, groupId: own.groupId, key });
      const findings: ReconcileFinding[] = [];
      const report = await own.maintenance.reconcile({ onFinding: (finding) => void findings.push(finding) });
      expect(report.ok).to.equal(false);
      expect(report.masks.missing).to.deep.equal([
        ...missing.map((mask) => ({ kind: 'missing', ...at(mask) })),
        { kind: 'missing', maskId: lost, groupId: own.groupId, key: '/old/1.png' },
      ]);
      expect(report.masks.wrongSize).to.deep.equal(
        wrongSize.map((mask) => {
          const { length } = mask.bytes;
          return { kind: 'wrongSize', ...at(mask), expected: length, stored: length - 1 };
        }),
      );
      expect(report.objects.orphaned.map(({ key }) => key).sort()).to.deep.equal(orphans);
      for (const orphan of report.objects.orphaned) {
        expect(orphan).to.include({ kind: 'orphaned', size: 15 });
        expect(Date.parse(orphan.lastModified)).to.be.within(Date.now() - 600_000, Date.now() + 600_000);
      }
      expect(report.counts).to.deep.equal({ ...NOTHING, missing: 4, wrongSize: 2, orphaned: 4 });
      expect([report.masks.checked, report.objects.checked]).to.deep.equal([
        masks.length + 3,
        masks.length - 3 + 4 + 2,
      ]);
      expect(findings).to.deep.equal([
        ...[...report.masks.missing, ...report.masks.wrongSize].sort((a, b) => a.maskId - b.maskId),
        ...report.objects.orphaned,
      ]);

      const reread = await own.maintenance.reconcile({ checksums: true });
      expect(reread.masks.wrongChecksum.map(({ maskId }) => maskId)).to.deep.equal(wrongBytes.map(({ id }) => id));
      expect(reread.masks.wrongChecksum[0]?.expected).to.equal(
        createHash('sha256')
          .update(wrongBytes[0]?.bytes ?? '')
          .digest('hex'),
      );
      expect(reread.counts).to.deep.equal({ ...report.counts, wrongChecksum: 3 });
      expect(await allRows(own.knex)).to.deep.equal(rows);
    }).timeout(60_000);

    it('leaves the objects of another installation in the same store alone', async () => {
      const other = await installation(store);
      try {
        for (const one of [own, other]) await one.masks(20);
        const ownOrphans = await own.orphans(3);
        const otherOrphans = await other.orphans(2);
        const before = await store.keys();
        const reports = [
          await own.maintenance.reconcile({ repair: true, force: true }),
          await other.maintenance.reconcile({ repair: true, force: true }),
        ];
        expect(reports.map(({ objects }) => objects.checked)).to.deep.equal([23, 22]);
        expect((await own.queue()).map(({ file_path }) => file_path)).to.deep.equal(ownOrphans);
        expect((await other.queue()).map(({ file_path }) => file_path)).to.deep.equal(otherOrphans);
        await own.makeDue();
        await own.maintenance.sweep();
        expect(await store.keys()).to.deep.equal(before.filter((key) => !ownOrphans.includes(key)));
        expect((await other.maintenance.reconcile()).counts).to.deep.equal(NOTHING);
      } finally {
        await other.drop();
      }
    });

    it('finds no fault while uploads, completions, replacements and deletions go on', async () => {
      const host = await startHost({
        store: name as keyof typeof STORES,
        router: { deletionGraceSeconds: 1, sweepIntervalSeconds: 0.1, uploadLifetimeSeconds: 0 },
      });
      try {
        const until = Date.now() + 5000;
        let completed = 0;
        const client = async (number: number) => {
          for (let turn = 0; Date.now() < until; turn++) {
            const { body: made } = await host.api('POST', '/annotations/1/mask-groups', {});
            const group = `/annotations/1/mask-groups/${made.id}`;
            for (let round = 0; round < 3; round++) {
              const bytes = Array.from({ length: 5 }, (_, slice) => png({ value: 1000 * number + 10 * turn + slice }));
              const { body } = await host.api('POST', `${group}/signed-urls`, {
                ttl_seconds: 2,
                files: bytes.map((one, slice_index) => fileFor(one, { slice_index })),
              });
              await Promise.all(bytes.map((one, index) => put(body.uploads[index], one)));
              // the last one is stored and never completed
              const uploaded_files = body.uploads.slice(0, 4).map((signed: { file_path: string }) => signed.file_path);
              const { body: done } = await host.api('POST', `${group}/complete`, { uploaded_files, replace: true });
              completed += done.masks?.length ?? 0;
              if (done.masks) await host.api('DELETE', maskPath(group, done.masks[round].id));
            }
            if (turn % 2 === 0) await host.api('DELETE', group);
          }
        };
        const clients = Promise.all([1, 2, 3, 4].map(client));
        let checked = 0;
        let runs = 0;
        const { knex, storage } = host;
        const maintenance = createMaskUploadMaintenance({ knex, storage, onEvent: () => {} });
        while (Date.now() < until) {
          const options = { checksums: runs++ % 2 === 0, repair: true, force: true };
          const report = await maintenance.reconcile(options);
          expect(report.counts).to.deep.equal(NOTHING);
          expect(report.repair).to.deep.equal({ enqueued: 0, refused: null });
          checked += report.masks.checked + report.objects.checked;
        }
        await clients;
        expect(runs).to.be.at.least(3);
        expect(completed).to.be.at.least(50);
        expect(checked).to.be.at.least(100);
      } finally {
        await host.close();
      }
    }).timeout(60_000);
  });
}

describe('reconcile', () => {
  let store: Store & { root: string };
  let own: Installation;
  beforeEach(async () => {
    store = await folderStore();
    own = await installation(store);
  });
  afterEach(async () => {
    await own.drop();
    await store.drop();
  });

  /** The store, where something happens after the objects were listed and before anyone hears of them. */
  function afterListing(happens: () => Promise<unknown>): Storage {
    return {
      ...store.storage,
      async *list(prefix: string) {
        const listed: ListedObject[] = [];
        for await (const object of store.storage.list(prefix)) listed.push(object);
        await happens();
        yield* listed;
      },
    };
  }

  /** The store, where something happens when it is first asked for a mask's object. */
  function beforeLooking(happens: () => Promise<unknown>): Storage {
    let happened: Promise<unknown> | undefined;
    const first = () => {
      happened ??= happens();
      return happened;
    };
    return {
      ...store.storage,
      head: async (...call) => first().then(() => store.storage.head(...call)),
      read: async (...call) => first().then(() => store.storage.read(...call)),
    };
  }

  async function deleteForGood(masks: readonly PlacedMask[]): Promise<void> {
    const ids = masks.map(({ id }) => id);
    await own.knex('annotation_mask').whereIn('id', ids).delete();
    await own.makeDue();
    expect((await own.maintenance.sweep()).deletedObjects).to.equal(masks.length);
  }

  describe('takes for no fault', () => {
    it('an object that is deleted for good between being listed and being looked up', async () => {
      const masks = await own.masks(5);
      const maintenance = own.through(afterListing(() => deleteForGood(masks.slice(0, 2))));
      const report = await maintenance.reconcile({ repair: true, force: true });
      expect(report.objects.checked).to.equal(5);
      expect(report.counts).to.deep.equal(NOTHING);
      expect(await own.queue()).to.deep.equal([]);
    });

    it('an object whose mask is deleted, and which is queued, between being listed and being looked up', async () => {
      await own.masks(5);
      const maintenance = own.through(afterListing(() => own.knex('annotation_mask_group').delete()));
      expect((await maintenance.reconcile()).counts).to.deep.equal(NOTHING);
      expect(await own.queue()).to.have.length(5);
    });

    for (const checksums of [false, true]) {
      it(`a mask that is deleted for good before its object is ${checksums ? 'read' : 'looked up'}`, async () => {
        const masks = await own.masks(5);
        const maintenance = own.through(beforeLooking(() => deleteForGood(masks)));
        const report = await maintenance.reconcile({ checksums });
        expect(report.masks.checked).to.equal(5);
        expect(report.counts).to.deep.equal(NOTHING);
      });
    }

    it('an object that breaks off once while it is read', async () => {
      const [mask] = await own.masks(1);
      let reads = 0;
      const storage: Storage = {
        ...store.storage,
        async read(...call) {
          const { info, body } = await store.storage.read(...call);
          if (reads++ > 0) return { info, body };
          body.destroy();
          return { info, body: Readable.from([mask?.bytes.subarray(0, 9)]) };
        },
      };
      expect((await own.through(storage).reconcile({ checksums: true })).counts).to.deep.equal(NOTHING);
      expect(reads).to.equal(2);
    });
  });

  it('reports an object that is there and cannot be read, and goes on', async () => {
    const masks = await own.masks(3);
    const damaged = masks[1];
    const storage: Storage = {
      ...store.storage,
      async read(key, options) {
        const { info, body } = await store.storage.read(key, options);
        if (key === damaged?.key) body.destroy(Object.assign(new Error('EIO: i/o error, read'), { code: 'EIO' }));
        return { info, body };
      },
    };
    const report = await own.through(storage).reconcile({ checksums: true });
    expect(report.masks.unreadable.map(({ maskId }) => maskId)).to.deep.equal([damaged?.id]);
    expect(report.masks.checked).to.equal(3);
    expect(report.counts).to.deep.equal({ ...NOTHING, unreadable: 1 });
  });

  it('looks at no more than verifyConcurrency objects at a time, and holds no connection meanwhile', async () => {
    await own.masks(50);
    await own.orphans(50);
    let now = 0;
    let most = 0;
    const connections = new Set<number>();
    const storage: Storage = {
      ...store.storage,
      async head(...call) {
        most = Math.max(most, ++now);
        connections.add(own.knex.client.pool.numUsed());
        await new Promise((resolve) => setImmediate(resolve));
        now--;
        return store.storage.head(...call);
      },
    };
    const { knex } = own;
    const maintenance = createMaskUploadMaintenance({ knex, storage, verifyConcurrency: 4 });
    expect((await maintenance.reconcile()).counts.orphaned).to.equal(50);
    expect(most).to.equal(4);
    expect([...connections]).to.deep.equal([0]);
  });

  describe('repairing', () => {
    it('queues orphans a week ahead; they are deleted when that is over, and nothing else ever is', async () => {
      const masks = await own.masks(20);
      const [missing, wrong] = masks;
      await store.storage.delete([missing?.key as ObjectKey]);
      await store.place(wrong?.key ?? '', Buffer.from('x'));
      const orphans = await own.orphans(3);
      const before = await allRows(own.knex);
      const objects = await store.keys();

      const { counts, repair } = await own.maintenance.reconcile({ repair: true });
      expect(counts).to.deep.equal({ ...NOTHING, missing: 1, wrongSize: 1, orphaned: 3 });
      expect(repair).to.deep.equal({ enqueued: 3, refused: null });
      const queue = await own.queue();
      expect(queue.map(({ file_path }) => file_path)).to.deep.equal(orphans);
      for (const { days } of queue) expect(days).to.be.within(6.99, 7);
      expect((await own.maintenance.reconcile({ repair: true })).repair).to.deep.equal({ enqueued: 0, refused: null });

      expect((await own.maintenance.sweep()).deletedObjects).to.equal(0);
      expect(await store.keys()).to.deep.equal(objects);
      await own.makeDue();
      expect((await own.maintenance.sweep()).deletedObjects).to.equal(3);
      expect(await store.keys()).to.deep.equal(objects.filter((key) => !orphans.includes(key)));
      expect(await allRows(own.knex)).to.deep.equal(before);
    });

    it('can be told how long to wait', async () => {
      await own.orphans(1);
      await own.maintenance.reconcile({ repair: true, orphanDelaySeconds: 0 });
      expect((await own.maintenance.sweep()).deletedObjects).to.equal(1);
      for (const orphanDelaySeconds of [-1, 0.5, Number.NaN, '60' as unknown as number]) {
        expect(await rejection(own.maintenance.reconcile({ orphanDelaySeconds }))).to.be.instanceOf(RangeError);
      }
    });

    it('refuses when more than ten objects and more than one in a hundred look orphaned', async () => {
      await own.masks(5);
      await own.orphans(10);
      expect((await own.maintenance.reconcile({ repair: true })).repair).to.deep.equal({ enqueued: 10, refused: null });
      await own.orphans(11);
      const { repair } = await own.maintenance.reconcile({ repair: true });
      expect(repair?.enqueued).to.equal(0);
      expect(repair?.refused).to.match(/more than 1 %.*restored.*force: true/i);
      expect(await own.queue()).to.have.length(10);
      await own.masks(1100 - 5 - 10 - 11);
      expect((await own.maintenance.reconcile({ repair: true })).repair).to.deep.equal({ enqueued: 11, refused: null });
    });

    it('does nothing for what is not exactly true', async () => {
      await own.orphans(11);
      for (const repair of ['yes', 1, {}] as unknown as boolean[]) {
        expect((await own.maintenance.reconcile({ repair, force: true })).repair).to.equal(null);
      }
      const force = 'false' as unknown as boolean;
      expect((await own.maintenance.reconcile({ repair: true, force })).repair?.refused).to.be.a('string');
      expect(await own.queue()).to.deep.equal([]);
    });

    it('gives back a database that was restored to an hour ago everything, when its later rows come back', async () => {
      const masks = await own.masks(1500);
      const forgotten = masks.slice(-1200);
      const objects = await store.keys();
      const ids = forgotten.map(({ id }) => id);
      const rows = await own.knex('annotation_mask').whereIn('id', ids);
      // no trigger, as a restore has none
      await own.knex.transaction(async (trx) => {
        await trx.raw('set local session_replication_role = replica');
        await trx('annotation_mask').whereIn('id', ids).delete();
      });

      const careful = await own.maintenance.reconcile({ repair: true });
      expect(careful.counts.orphaned).to.equal(1200);
      expect(careful.objects.orphaned).to.have.length(1000);
      expect(careful.repair?.refused).to.be.a('string');
      expect(await own.queue()).to.deep.equal([]);

      const forced = await own.maintenance.reconcile({ repair: true, force: true });
      expect(forced.repair).to.deep.equal({ enqueued: 1200, refused: null });
      const queue = await own.queue();
      expect(queue.map(({ file_path }) => file_path)).to.deep.equal(forgotten.map(({ key }) => key).sort());
      expect(Math.min(...queue.map(({ days }) => days))).to.be.above(6.99);
      expect((await own.maintenance.sweep()).deletedObjects).to.equal(0);

      await own.knex.batchInsert('annotation_mask', rows, 1000);
      await own.makeDue();
      const [strange] = await own.orphans(1);
      await own.knex('annotation_mask_deletion').insert({ file_path: strange, put_expires_at: new Date(0) });
      expect((await own.maintenance.sweep()).deletedObjects, 'only what really is nobody’s').to.equal(1);
      expect(await store.keys()).to.deep.equal(objects);
      expect(await own.queue()).to.deep.equal([]);
      expect((await own.maintenance.reconcile({ checksums: true })).counts).to.deep.equal(NOTHING);
    }).timeout(60_000);

    it('queues no object whose row comes back while it is being reported', async () => {
      const [mask] = await own.masks(1);
      const row = await own.knex('annotation_mask').first();
      await own.knex('annotation_mask').delete();
      await own.knex('annotation_mask_deletion').delete();
      const onFinding = async () => {
        await own.knex('annotation_mask').insert(row);
      };
      const report = await own.maintenance.reconcile({ repair: true, force: true, onFinding });
      expect(report.objects.orphaned.map(({ key }) => key)).to.deep.equal([mask?.key]);
      expect(report.repair).to.deep.equal({ enqueued: 0, refused: null });
      expect(await own.queue()).to.deep.equal([]);
    });

    it('still deletes the object of a rejected upload, which is pending and queued', async () => {
      const [key] = await own.orphans(1);
      const now = own.knex.fn.now();
      const row = { mime_type: 'image/png', file_size: 1, put_expires_at: now, expires_at: now };
      await own.knex('annotation_mask_upload').insert({
        ...row,
        id: randomUUID(),
        mask_group_id: own.groupId,
        file_path: key,
        rejected_code: 'size-mismatch',
        expires_at: own.knex.raw("now() + interval '1 day'"),
      });
      await own.knex('annotation_mask_deletion').insert({ file_path: key, put_expires_at: new Date(0) });
      expect((await own.maintenance.sweep()).deletedObjects).to.equal(1);
      expect(await store.keys()).to.deep.equal([]);
    });
  });

  describe('when it cannot go on', () => {
    beforeEach(async () => {
      await own.masks(20);
      await own.orphans(15);
    });

    const asked = { repair: true, force: true } as const;

    it('says so when the folder is gone, and changes nothing', async () => {
      const rows = await allRows(own.knex);
      await own.maintenance.reconcile();
      await rm(store.root, { recursive: true });
      expect(await codeOf(own.maintenance.reconcile(asked))).to.equal('storage-unavailable');
      expect(await allRows(own.knex)).to.deep.equal(rows);
    });

    it('says so when S3 is down, and changes nothing', async () => {
      const bucket = await freshBucket();
      const proxy = await tcpProxy(Number(new URL(bucket.endpoint).port));
      const storage = createS3Storage({
        bucket: bucket.name,
        endpoint: `http://127.0.0.1:${proxy.port}`,
        region: bucket.region,
        credentials: bucket.credentials,
        forcePathStyle: true,
      });
      try {
        await proxy.cut();
        const rows = await allRows(own.knex);
        expect(await codeOf(own.through(storage).reconcile(asked))).to.equal('storage-unavailable');
        await own.knex('annotation_mask_group').delete();
        expect(await codeOf(own.through(storage).reconcile(asked)), 'the list').to.equal('storage-unavailable');
        expect(rows.deletions).to.deep.equal([]);
        expect(await own.queue()).to.have.length(20);
      } finally {
        await storage.close();
        await proxy.close();
        await bucket.drop();
      }
    });

    it('queues nothing when the store fails half-way through its list', async () => {
      const storage: Storage = {
        ...store.storage,
        async *list(prefix) {
          yield* store.storage.list(prefix);
          throw new StorageError('unavailable', 'gone in the middle');
        },
      };
      expect(await codeOf(own.through(storage).reconcile(asked))).to.equal('storage-unavailable');
      expect(await own.queue()).to.deep.equal([]);
    });

    it('asks a store that fails no further', async () => {
      let calls = 0;
      const storage: Storage = {
        ...store.storage,
        async head(key) {
          if (++calls === 1) throw new StorageError('unavailable', 'down');
          await new Promise((resolve) => setImmediate(resolve));
          return store.storage.head(key);
        },
      };
      const { knex } = own;
      const maintenance = createMaskUploadMaintenance({ knex, storage, verifyConcurrency: 3 });
      expect(await codeOf(maintenance.reconcile(asked))).to.equal('storage-unavailable');
      expect(calls).to.equal(3);
    });

    it('rejects with what onFinding throws, and queues nothing', async () => {
      const failure = new Error('the log is full');
      const onFinding = async () => {
        throw failure;
      };
      expect(await rejection(own.maintenance.reconcile({ ...asked, onFinding }))).to.equal(failure);
      expect(await own.queue()).to.deep.equal([]);
    });

    it('ends with the reason of its signal, before it begins, while it looks, and while it reports', async () => {
      const reason = new Error('enough');
      await rejectsWith(reason, own.maintenance.reconcile({ ...asked, signal: AbortSignal.abort(reason) }));

      const looking = new AbortController();
      let seen = 0;
      const storage: Storage = {
        ...store.storage,
        head(key) {
          if (++seen === 5) looking.abort(reason);
          return store.storage.head(key);
        },
      };
      const slow = createMaskUploadMaintenance({ knex: own.knex, storage, verifyConcurrency: 1 });
      await rejectsWith(reason, slow.reconcile({ ...asked, signal: looking.signal }));
      expect(seen).to.equal(5);

      const reporting = new AbortController();
      const onFinding = () => reporting.abort(reason);
      await rejectsWith(reason, own.maintenance.reconcile({ ...asked, onFinding, signal: reporting.signal }));
      expect(await own.queue()).to.deep.equal([]);
    });

    it('ends when the maintenance is stopped, which waits for it', async () => {
      let ended = false;
      const storage: Storage = {
        ...store.storage,
        head: (_key, { signal } = {}) =>
          new Promise((_resolve, reject) => {
            signal?.addEventListener('abort', () => {
              setImmediate(() => {
                ended = true;
                reject(new StorageError('unavailable', 'aborted', { cause: signal.reason }));
              });
            });
            void stop();
          }),
      };
      const maintenance = own.through(storage);
      let stopped: Promise<boolean> | undefined;
      const stop = () => {
        stopped ??= maintenance.stop().then(() => ended);
      };
      const error = await rejection(maintenance.reconcile({ checksums: false }));
      expect((error as Error).message).to.equal('The maintenance was stopped.');
      expect(await stopped).to.equal(true);
    });

    async function rejectsWith(reason: Error, work: Promise<unknown>): Promise<void> {
      expect(await rejection(work)).to.equal(reason);
    }
  });
});

describe('reconcile of 100,000 masks', () => {
  const COUNT = 100_000;
  const key = (kind: string, number: number) => `${own.prefix}${own.groupId}/${kind}-${number}.png`;
  let own: Installation;
  before(async function () {
    this.timeout(60_000);
    own = await installation(NO_STORE);
    await own.knex.raw(
      `insert into annotation_mask (mask_group_id, file_path, file_size, checksum)
       select ?, ? || n || '.png', 100, repeat('0', 64) from generate_series(1, ?) n`,
      [own.groupId, `${own.prefix}${own.groupId}/known-`, COUNT],
    );
    await own.knex.raw('analyze annotation_mask');
  });
  after(() => own.drop());

  /** A store that makes its list up while it is read. */
  function storeOf(lists: [kind: string, count: number][][], exists: (key: string) => boolean): Storage {
    return {
      ...NO_STORE.storage,
      async head(asked) {
        if (exists(asked)) return { size: 100, contentType: undefined, sha256: undefined };
        throw new StorageError('no-such-key', 'no such key');
      },
      async *list() {
        for (const [kind, count] of lists.shift() ?? []) {
          for (let number = 1; number <= count; number++) {
            yield { key: key(kind, number), size: 100, lastModified: new Date(0) };
          }
        }
      },
    };
  }

  it('remembers only the first thousand findings of a kind, and its memory stays flat', async () => {
    setFlagsFromString('--expose-gc');
    const collectGarbage = runInNewContext('gc') as () => void;
    // every mask's object is missing, and every object is orphaned
    const storage = storeOf([[['unknown', COUNT]]], (asked) => asked.includes('unknown'));
    const heap: number[] = [];
    let found = 0;
    const onFinding = () => {
      if (++found % 25_000 !== 2000) return;
      collectGarbage();
      heap.push(process.memoryUsage().heapUsed);
    };
    const report = await own.through(storage).reconcile({ onFinding });
    expect(found).to.equal(2 * COUNT);
    expect(report.counts).to.deep.equal({ ...NOTHING, missing: COUNT, orphaned: COUNT });
    expect([report.masks.missing.length, report.objects.orphaned.length]).to.deep.equal([1000, 1000]);
    expect(heap).to.have.length(8);
    expect(Math.max(...heap) - Math.min(...heap), 'bytes of growth').to.be.below(4 * 2 ** 20);
  }).timeout(120_000);

  it('queues none at all when more than one in a hundred are orphaned', async () => {
    const all: [string, number][] = [
      ['known', COUNT],
      ['unknown', 1500],
    ];
    const report = await own.through(storeOf([all, all], () => true)).reconcile({ repair: true });
    expect(report.counts).to.deep.equal({ ...NOTHING, orphaned: 1500 });
    expect(report.repair?.refused).to.be.a('string');
    expect(report.repair?.enqueued).to.equal(0);
    expect(await own.queue()).to.deep.equal([]);
  }).timeout(120_000);

  it('queues no more than one in a hundred when a second look shows more than the first', async () => {
    const lists: [string, number][][] = [
      [
        ['known', COUNT],
        ['unknown', 1005],
      ],
      [['unknown', 5000]],
    ];
    const report = await own.through(storeOf(lists, () => true)).reconcile({ repair: true });
    expect(report.counts).to.deep.equal({ ...NOTHING, orphaned: 1005 });
    expect(report.repair?.refused).to.be.a('string');
    expect(report.repair?.enqueued).to.equal(1000);
    expect(await own.queue()).to.have.length(1000);
  }).timeout(120_000);
});
