import { expect } from 'chai';
import type { SignedPut } from '../../src/index.js';
import { createMaskUploadMaintenance } from '../../src/index.js';
import { fileFor, maskPath, newGroup, put, startHost, type TestHost, upload } from '../support/host.js';
import { png } from '../support/png.js';
import { waitFor } from '../support/wait.js';

/**
 * Every key is at all times in annotation_mask, annotation_mask_upload or annotation_mask_deletion, and in the end the
 * store holds exactly the objects of annotation_mask.
 */
for (const store of ['s3', 'filesystem'] as const) {
  describe(`the life of a key on ${store}`, () => {
    let host: TestHost;
    beforeEach(async () => {
      host = await startHost({
        store,
        router: { uploadLifetimeSeconds: 0, deletionGraceSeconds: 0, sweepIntervalSeconds: 0.2 },
      });
    });
    afterEach(() => host.close());

    const column = async (table: string): Promise<string[]> =>
      (await host.knex.raw(`select file_path from ${table} order by 1`)).rows.map(
        (row: { file_path: string }) => row.file_path,
      );

    /** Waits until nothing is pending or queued and the store holds exactly the masks. */
    const settled = () =>
      waitFor(
        async () => {
          const [masks, pending, queue, keys] = await Promise.all([
            column('annotation_mask'),
            column('annotation_mask_upload'),
            column('annotation_mask_deletion'),
            host.keys(),
          ]);
          return pending.length + queue.length === 0 && keys.join() === masks.join();
        },
        { timeoutMs: 15_000, message: 'the store to hold exactly the masks, and the queue to be empty' },
      );

    /** Uploads and completes `count` slices with URLs that live two seconds. */
    async function recorded(count: number, annotation = 1): Promise<{ group: string; uploads: SignedPut[] }> {
      const group = await newGroup(host, {}, annotation);
      const files = Array.from({ length: count }, (_, value) => png({ value }));
      const { body } = await host.api('POST', `${group}/signed-urls`, {
        ttl_seconds: 2,
        files: files.map((bytes, slice_index) => fileFor(bytes, { slice_index })),
      });
      const uploads: SignedPut[] = body.uploads;
      await Promise.all(uploads.map((signed, index) => put(signed, files[index] ?? Buffer.alloc(0))));
      const { status } = await host.api('POST', `${group}/complete`, {
        uploaded_files: uploads.map((signed) => signed.file_path),
      });
      expect(status).to.equal(200);
      return { group, uploads };
    }

    it('ends in an empty store after a mask, a group and, directly in SQL, an annotation are deleted', async () => {
      const kept = await recorded(2, 3);
      const one = await recorded(3);
      const two = await recorded(3);
      await recorded(3, 2);
      const { body } = await host.api('GET', `${one.group}/masks`);
      expect((await host.api('DELETE', maskPath(one.group, body.masks[0].id))).status).to.equal(204);
      expect((await host.api('DELETE', two.group)).status).to.equal(204);
      await host.knex.raw('delete from annotation_annotation where id = 2');
      await settled();
      expect(await host.keys()).to.have.length(2 + 2);
      expect(await host.keys()).to.include.members(kept.uploads.map((signed) => signed.file_path));
    });

    it('ends in an empty store after the host truncates its table, cascading', async () => {
      const { uploads } = await recorded(3);
      const group = await newGroup(host);
      const { body: pending } = await host.api('POST', `${group}/signed-url`, { ...fileFor(png()), ttl_seconds: 2 });
      expect(await put(pending, png())).to.equal(200);
      await host.knex.raw('truncate annotation_annotation cascade');
      const keys = [...uploads.map((signed) => signed.file_path), pending.file_path].sort();
      expect([...(await column('annotation_mask_deletion')), ...(await column('annotation_mask'))]).to.have.members(
        keys,
      );
      await settled();
      expect(await host.keys()).to.deep.equal([]);
    });

    it('gives up uploads that nobody completes, and what was stored for them', async () => {
      const group = await newGroup(host);
      const { body } = await host.api('POST', `${group}/signed-urls`, {
        ttl_seconds: 1,
        files: [fileFor(png({ value: 1 }), { slice_index: 1 }), fileFor(png({ value: 2 }), { slice_index: 2 })],
      });
      expect(await put(body.uploads[0], png({ value: 1 }))).to.equal(200);
      await settled();
      const late = await host.api('POST', `${group}/complete`, { uploaded_files: [body.uploads[0].file_path] });
      expect([late.status, late.body.code]).to.deep.equal([404, 'upload-not-found']);
    });

    it('deletes an object once more that a URL still alive has made again after the delete', async () => {
      const group = await newGroup(host);
      const { body: signed } = await host.api('POST', `${group}/signed-url`, { ...fileFor(png()), ttl_seconds: 3 });
      expect(await put(signed, png())).to.equal(200);
      await host.api('POST', `${group}/complete`, { uploaded_files: [signed.file_path] });
      expect((await host.api('DELETE', group)).status).to.equal(204);
      await waitFor(async () => (await host.keys()).length === 0, { message: 'the first deletion' });
      expect(await put(signed, png()), 'the URL is alive and the key free again').to.equal(200);
      expect(await host.keys()).to.deep.equal([signed.file_path]);
      expect(await column('annotation_mask_deletion')).to.deep.equal([signed.file_path]);
      await settled();
    });

    it('deletes the old objects of slices that are replaced again and again, and only those', async () => {
      const { group, uploads } = await recorded(1);
      for (const value of [10, 11, 12]) {
        const [fresh] = await upload(host, group, [{ bytes: png({ value }), file: { slice_index: 0 } }]);
        const { status } = await host.api('POST', `${group}/complete`, {
          uploaded_files: [fresh?.file_path],
          replace: true,
        });
        expect(status).to.equal(200);
      }
      expect(await column('annotation_mask'))
        .to.have.length(1)
        .and.not.include(uploads[0]?.file_path);
      const masks = await column('annotation_mask');
      await waitFor(async () => (await host.keys()).join() === masks.join(), { message: 'the old objects to go' });
    });
  });
}

describe('the upkeep', () => {
  it('can run apart from the web processes, which then only delete what they are told to, at once', async () => {
    const host = await startHost({ router: { maintenance: false, uploadLifetimeSeconds: 0, deletionGraceSeconds: 0 } });
    try {
      const group = await newGroup(host);
      const { body: signed } = await host.api('POST', `${group}/signed-url`, { ...fileFor(png()), ttl_seconds: 1 });
      expect(await put(signed, png())).to.equal(200);
      await waitFor(
        async () =>
          (await host.knex.raw('select from annotation_mask_upload where expires_at <= now()')).rowCount === 1,
      );
      const { knex, storage } = host;
      const maintenance = createMaskUploadMaintenance({ knex, storage, deletionGraceSeconds: 0 });
      const sweeps = await Promise.all([maintenance.sweep(), maintenance.sweep(), maintenance.sweep()]);
      expect(sweeps.reduce((sum, one) => sum + one.expiredUploads, 0)).to.equal(1);
      expect(sweeps.reduce((sum, one) => sum + one.deletedObjects, 0)).to.equal(1);
      expect(await host.keys()).to.deep.equal([]);
      expect((await host.knex.raw('select from annotation_mask_deletion')).rowCount).to.equal(0);
    } finally {
      await host.close();
    }
  });

  it('puts off what the store does not delete, and tells of it', async () => {
    const events: string[] = [];
    const host = await startHost({
      router: { sweepIntervalSeconds: 0.1, deletionGraceSeconds: 0, onEvent: (event) => events.push(event.type) },
    });
    try {
      const group = await newGroup(host);
      const { body: signed } = await host.api('POST', `${group}/signed-url`, { ...fileFor(png()), ttl_seconds: 1 });
      expect(await put(signed, png())).to.equal(200);
      const realDelete = host.storage.delete;
      host.storage.delete = async () => {
        throw new Error('not now');
      };
      expect((await host.api('DELETE', group)).status).to.equal(204);
      await waitFor(() => events.includes('upkeep-failed'), { message: 'the failure to be told' });
      expect(await host.keys()).to.deep.equal([signed.file_path]);
      host.storage.delete = realDelete;
      await waitFor(async () => (await host.knex.raw('select from annotation_mask_deletion')).rowCount === 0, {
        message: 'the queue to run empty',
      });
      expect(await host.keys()).to.deep.equal([]);
    } finally {
      await host.close();
    }
  });
});
