import { once } from 'node:events';
import { link, mkdir, writeFile } from 'node:fs/promises';
import { get, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import type { ObjectKey } from '../../src/domain/types.js';
import type { Mask, MaskUploadEvent, Storage } from '../../src/index.js';
import { createMaskUploadService, StorageError } from '../../src/index.js';
import { maskPath, newGroup, overwriteIn, sha256, startHost, type TestHost, upload } from '../support/host.js';
import { memoryHeld } from '../support/memory.js';
import { png, pngOf } from '../support/png.js';
import { insertGroup, insertMasks } from '../support/rows.js';
import { waitFor } from '../support/wait.js';
import { type WatchedStorage, watched } from '../support/watched-storage.js';
import { readZip } from '../support/zip.js';

const END_OF_ZIP = Buffer.from('PK\x05\x06', 'latin1');

function archive(host: TestHost, group: string, init: RequestInit = {}): Promise<Response> {
  return fetch(`${host.url}/api${group}/archive`, { headers: { authorization: 'Bearer ben' }, ...init });
}

/** What arrives until the connection breaks. */
async function untilItBreaks(response: Response): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  const error = await (async () => {
    for await (const chunk of response.body ?? []) chunks.push(chunk);
  })().then(
    () => expect.fail('the answer ended as if it were whole'),
    (reason: Error) => reason,
  );
  expect(error.message).to.equal('terminated');
  const received = Buffer.concat(chunks);
  expect(received.includes(END_OF_ZIP), 'the end of a ZIP').to.equal(false);
  return received;
}

async function filled(host: TestHost, count: number, bytesOf = (index: number) => png({ value: index })) {
  const group = await newGroup(host, { slice_count: count });
  const files = Array.from({ length: count }, (_, index) => ({
    bytes: bytesOf(index),
    file: { slice_index: index, label_name: 'liver' },
  }));
  const uploads = await upload(host, group, files);
  const { body } = await host.api('POST', `${group}/complete`, { uploaded_files: uploads.map((one) => one.file_path) });
  const masks: Mask[] = body.masks;
  return { group, masks, bytes: files.map((file) => file.bytes) };
}

for (const store of ['filesystem', 's3'] as const) {
  describe(`the archive of a group, from ${store}`, () => {
    let host: TestHost;
    let storage: WatchedStorage;
    let events: MaskUploadEvent[];
    let overwrite: (key: ObjectKey, bytes: Buffer) => Promise<void>;
    let closeStore: () => Promise<void>;
    before(async () => {
      const inner = await startHost({ store, router: { maintenance: false } });
      storage = watched(inner.storage);
      host = await startHost({
        express: store === 's3' ? 4 : 5,
        storage,
        database: inner.database,
        prepared: true,
        router: { maintenance: false, onEvent: (event) => event.type === 'request-failed' && events.push(event) },
      });
      closeStore = async () => {
        await host.close();
        await inner.close();
      };
      overwrite = (key, bytes) => overwriteIn(inner, key, bytes);
    });
    beforeEach(() => {
      events = [];
      storage.reads = 0;
      storage.beforeRead = () => undefined;
    });
    after(() => closeStore());

    it('holds every mask as it is stored, and metadata.json', async () => {
      const group = await newGroup(host, { group_name: 'Liver, second pass', slice_count: 2 });
      const volume = gzipSync(Buffer.from('{"size": [1, 1], "counts": "01"}'));
      const files = [
        { bytes: png({ value: 1 }), file: { slice_index: 7, label_name: 'liver', sop_instance_uid: '1.2.840.1' } },
        { bytes: png({ value: 2 }), file: { slice_index: 12345, label_name: 'Tumor, Ränder (links)' } },
        { bytes: pngOf(900_000, 7), file: { slice_index: 3 } },
        {
          bytes: volume,
          file: { mime_type: 'application/json', content_encoding: 'gzip' as const, label_name: 'whole liver' },
        },
      ];
      const uploads = await upload(host, group, files);
      const { body } = await host.api('POST', `${group}/complete`, {
        uploaded_files: uploads.map((one) => one.upload_id),
      });
      expect(body.processed_masks).to.equal(files.length);
      const ids: number[] = body.masks.map((mask: Mask) => mask.id);

      const response = await archive(host, group);
      expect(response.status).to.equal(200);
      const id = group.split('/').at(-1);
      expect(Object.fromEntries(response.headers)).to.include({
        'content-type': 'application/zip',
        'content-disposition': `attachment; filename="mask-group-${id}.zip"`,
        'cache-control': 'private, no-store',
        'x-content-type-options': 'nosniff',
        'content-security-policy': "sandbox; default-src 'none'",
      });
      const entries = await readZip(Buffer.from(await response.arrayBuffer()));
      expect([...entries.keys()]).to.deep.equal([
        'metadata.json',
        `slice-0003_mask-${ids[2]}.png`,
        `slice-0007_liver_mask-${ids[0]}.png`,
        `slice-12345_Tumor-Rander-links_mask-${ids[1]}.png`,
        `whole-liver_mask-${ids[3]}.json.gz`,
      ]);
      const metadata = JSON.parse(String(entries.get('metadata.json')?.bytes));
      const { stats: _, ...described } = (await host.api('GET', group)).body;
      expect(metadata.mask_group).to.deep.equal(described);
      const listed: Mask[] = (await host.api('GET', `${group}/masks`)).body.masks;
      expect(metadata.masks).to.deep.equal(
        listed.map(({ mask_group_id: _, file_path: __, ...mask }, index) => ({
          file_name: [...entries.keys()][index + 1],
          ...mask,
        })),
      );
      for (const mask of metadata.masks) {
        const entry = entries.get(mask.file_name);
        expect(entry?.stored, mask.file_name).to.equal(true);
        expect(entry && sha256(entry.bytes)).to.equal(mask.checksum);
        expect(entry?.bytes.length).to.equal(mask.file_size);
        expect(Math.abs(Number(entry?.modifiedAt) - Date.parse(mask.created_at))).to.be.below(2000);
      }
    });

    it('has names that are no path on any system, whatever a label holds', async () => {
      const hostile = [
        '../../etc/passwd',
        '..',
        '...hidden',
        '/etc/cron.d/x',
        'C:\\Windows\\system32',
        'a\u0000b\nc',
        '-rf',
        '간세포암',
        '😀',
        '\u202egnp.exe',
        'CON',
        'x'.repeat(500),
        ' ',
        '%2e%2e%2f',
        '~root',
        '$(reboot)',
      ];
      const { group, masks } = await filled(host, hostile.length);
      for (const [index, label] of hostile.entries()) {
        // PostgreSQL text cannot hold a NUL
        await host
          .knex('annotation_mask')
          .where({ id: masks[index]?.id })
          .update({ label_name: label.replace('\0', '') });
      }
      const entries = await readZip(Buffer.from(await (await archive(host, group)).arrayBuffer()));
      const names = [...entries.keys()].slice(1);
      expect(names).to.have.length(hostile.length);
      for (const name of names)
        expect(name).to.match(/^slice-00\d\d(_[A-Za-z0-9_][A-Za-z0-9._-]{0,63})?_mask-\d+\.png$/);
      const labelParts = names.map((name) => /^slice-\d+_(.*)_?mask-\d+\.png$/.exec(name)?.[1]?.replace(/_$/, ''));
      expect(labelParts.slice(0, 12)).to.deep.equal([
        'etc-passwd',
        '',
        'hidden',
        'etc-cron.d-x',
        'C-Windows-system32',
        'ab-c',
        'rf',
        '',
        '',
        'gnp.exe',
        'CON',
        'x'.repeat(64),
      ]);
      const metadata = JSON.parse(String(entries.get('metadata.json')?.bytes));
      expect(metadata.masks.map((mask: Mask) => mask.label_name)).to.deep.equal(
        hostile.map((label) => label.replace('\0', '')),
      );
    });

    it('is a ZIP with nothing but metadata.json for an empty group', async () => {
      const group = await newGroup(host);
      const entries = await readZip(Buffer.from(await (await archive(host, group)).arrayBuffer()));
      expect([...entries.keys()]).to.deep.equal(['metadata.json']);
      expect(JSON.parse(String(entries.get('metadata.json')?.bytes)).masks).to.deep.equal([]);
    });

    it('goes on record with the number of masks, before any byte; asking for the headers alone does not', async () => {
      const { group } = await filled(host, 3);
      const rows = () =>
        host
          .knex('annotation_mask_audit')
          .where({ action: 'archive-downloaded', mask_group_id: group.split('/').at(-1) });
      storage.reads = 0;
      const head = await archive(host, group, { method: 'HEAD' });
      expect({ status: head.status, type: head.headers.get('content-type') }).to.deep.equal({
        status: 200,
        type: 'application/zip',
      });
      expect(storage.reads).to.equal(0);
      expect(await rows()).to.deep.equal([]);
      let recorded: unknown[] = [];
      storage.beforeRead = async () => {
        recorded = await rows();
      };
      await (await archive(host, group)).arrayBuffer();
      expect(recorded).to.have.length(1);
      expect(recorded[0]).to.deep.include({ outcome: 'done', actor: 'ben', annotation_id: '1', details: { masks: 3 } });
    });

    it('breaks the connection when an object is missing half-way, and tells onEvent', async () => {
      const { group, masks } = await filled(host, 40);
      await storage.delete([masks[30]?.file_path as ObjectKey]);
      const received = await untilItBreaks(await archive(host, group));
      expect(received.includes(`_mask-${masks[10]?.id}.png`)).to.equal(true);
      expect(received.includes(`_mask-${masks[30]?.id}.png`)).to.equal(false);
      await waitFor(() => events.length > 0, { message: 'the event' });
      expect(events[0]).to.include({
        type: 'request-failed',
        operation: 'getMaskGroupArchive',
        code: 'storage-unavailable',
      });
    });

    for (const [size, bytesOf] of [
      ['small', (index: number) => png({ value: index })],
      ['large', (index: number) => pngOf(400_000, index)],
    ] as const) {
      it(`breaks the connection when the bytes of a ${size} object are no longer the ones that were verified`, async () => {
        const { group, masks, bytes } = await filled(host, 4, bytesOf);
        const key = masks[2]?.file_path as ObjectKey;
        const changed = Buffer.from(bytes[2] ?? '');
        changed[changed.length - 1] = (changed.at(-1) ?? 0) ^ 1;
        await storage.delete([key]);
        await overwrite(key, changed);
        await untilItBreaks(await archive(host, group));
        await overwrite(key, changed.subarray(1));
        await untilItBreaks(await archive(host, group));
        await overwrite(key, bytes[2] ?? Buffer.alloc(0));
        expect(await readZip(Buffer.from(await (await archive(host, group)).arrayBuffer()))).to.have.property(
          'size',
          5,
        );
      });
    }

    it('answers 503 before the first byte when the store cannot be read', async () => {
      const { group, masks } = await filled(host, 2);
      await storage.delete([masks[0]?.file_path as ObjectKey]);
      const answer = await host.api('GET', `${group}/archive`);
      expect({ status: answer.status, code: answer.body.code }).to.deep.equal({
        status: 503,
        code: 'storage-unavailable',
      });
      expect(answer.headers.get('retry-after')).to.equal('5');
      expect(answer.headers.get('content-disposition')).to.equal(null);
    });

    it('breaks, and is no failure of anybody, when a mask is deleted before its turn', async () => {
      const { group, masks } = await filled(host, 40);
      storage.reads = 0;
      storage.beforeRead = async (number) => {
        if (number === 3) expect((await host.api('DELETE', maskPath(group, masks[35]?.id ?? 0))).status).to.equal(204);
        // by then the object has gone, too
        if (number === 20) await waitFor(async () => !(await host.keys()).includes(masks[35]?.file_path ?? ''));
      };
      await untilItBreaks(await archive(host, group));
      expect(events).to.deep.equal([]);
    });

    it('stops reading when the client goes away', async () => {
      const { group } = await filled(host, 60, (index) => pngOf(300_000, index));
      storage.reads = 0;
      const response = await begin(host, group);
      response.destroy();
      await waitFor(() => storage.open.size === 0, { message: 'the open objects to be closed' });
      expect(storage.reads).to.be.within(1, 40);
      expect(events).to.deep.equal([]);
    });

    it('breaks when the store does before the first object had its turn', async () => {
      const { group } = await filled(host, 1, (index) => pngOf(2 ** 20, index));
      const breaking: Storage = {
        ...storage,
        async read(key, options) {
          const read = await storage.read(key, options);
          setImmediate(() => read.body.destroy(new StorageError('unavailable', 'The store has gone.')));
          return read;
        },
      };
      const service = createMaskUploadService({ knex: host.knex, storage: breaking, maintenance: false });
      const zip = await service.getMaskGroupArchive({ annotationId: 1, groupId: Number(group.split('/').at(-1)) });
      const error = await buffer(zip).catch((reason: unknown) => reason);
      expect(error).to.include({ code: 'unavailable', message: 'The store has gone.' });
      await service.close();
    });

    it('reads no further than the client does', async () => {
      const size = 200_000;
      const { group } = await filled(host, 100, (index) => pngOf(size, index));
      storage.reads = 0;
      let received = 0;
      const response = await begin(host, group);
      for await (const chunk of response) {
        received += chunk.length;
        expect(storage.reads * size - received, 'bytes read ahead').to.be.below(12 * 2 ** 20);
      }
      expect(storage.reads).to.equal(100);
    });
  });
}

describe('the archive of a large group', () => {
  const OBJECT_BYTES = 65_536;
  let inner: TestHost;
  let storage: WatchedStorage;
  let host: TestHost;
  before(async () => {
    inner = await startHost({ store: 'filesystem', router: { maintenance: false } });
    storage = watched(inner.storage);
    host = await startHost({
      storage,
      database: inner.database,
      prepared: true,
      router: { maintenance: false },
    });
  });
  beforeEach(() => {
    storage.beforeRead = () => undefined;
  });
  after(async () => {
    await host.close();
    await inner.close();
  });

  /** A group with rows by SQL, and files that are all the same one. */
  async function largeGroup(count: number): Promise<string> {
    const folder = join(inner.folder ?? '', 'mask', 'large');
    await mkdir(folder, { recursive: true });
    const bytes = pngOf(OBJECT_BYTES, count);
    await writeFile(join(folder, `${count}.png`), bytes);
    const id = await insertGroup(host.knex, { slice_count: count });
    for (let slice = 0; slice < count; slice++) {
      await link(join(folder, `${count}.png`), join(folder, `${id}-${slice}.png`));
    }
    await host.knex.raw(
      `insert into annotation_mask (mask_group_id, slice_index, label_name, file_path, file_size, checksum)
       select ?, n, 'liver', format('mask/large/%s-%s.png', ?::int, n), ?, ? from generate_series(0, ? - 1) n`,
      [id, id, bytes.length, sha256(bytes), count],
    );
    return `/annotations/1/mask-groups/${id}`;
  }

  it('is the group at one moment: it has no mask that is recorded meanwhile', async () => {
    const group = await largeGroup(1500);
    storage.reads = 0;
    storage.beforeRead = async (number) => {
      if (number !== 1) return;
      await insertMasks(host.knex, Number(group.split('/').at(-1)), [{ slice_index: 1499, label_name: 'spleen' }]);
    };
    const entries = await readZip(Buffer.from(await (await archive(host, group)).arrayBuffer()));
    expect(entries.size).to.equal(1501);
    expect(JSON.parse(String(entries.get('metadata.json')?.bytes)).masks).to.have.length(1500);
  });

  it('breaks when masks are deleted on a page that it has not come to', async () => {
    const group = await largeGroup(1500);
    storage.reads = 0;
    storage.beforeRead = async (number) => {
      if (number === 100) await host.knex('annotation_mask').where({ slice_index: 1400 }).delete();
    };
    const received = await untilItBreaks(await archive(host, group));
    expect(received.includes('slice-1399_liver')).to.equal(true);
  });

  it('of 10,000 slices passes through in constant memory, with no connection to the database held', async function () {
    this.timeout(120_000);
    const group = await largeGroup(10_000);
    const response = await begin(host, group);
    const held: number[] = [];
    let received = 0;
    let measured = 0;
    for await (const chunk of response) {
      received += chunk.length;
      if (received - measured < 60 * 2 ** 20) continue;
      measured = received;
      const { heapUsed, external } = memoryHeld();
      held.push(heapUsed + external);
      await waitFor(async () => (await inTransaction(host)) === 0, { message: 'no transaction to be open' });
    }
    expect(received).to.be.above(10_000 * OBJECT_BYTES);
    expect(held.length).to.be.above(8);
    const grown = Math.max(...held) - (held[0] ?? 0);
    // of every entry its name and place are kept for the directory at the end
    expect(grown, 'bytes held at the most, over those at the beginning').to.be.below(15 * 2 ** 20);
  });
});

/** Connections of the host's that have a transaction open. */
async function inTransaction(host: TestHost): Promise<number> {
  const { rows } = await host.knex.raw(
    `select count(*)::int as count from pg_stat_activity
     where datname = current_database() and state like 'idle in transaction%'`,
  );
  return rows[0].count;
}

/** The answer, with its first bytes waiting. */
async function begin(host: TestHost, group: string): Promise<IncomingMessage> {
  const request = get(`${host.url}/api${group}/archive`, { headers: { authorization: 'Bearer ben' }, agent: false });
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  await once(response, 'readable');
  return response;
}
