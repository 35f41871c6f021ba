import { expect } from 'chai';
import type { Mask, SignedPut } from '../../src/index.js';
import { fileFor, maskPath, put, sha256, startHost, type TestHost } from '../support/host.js';
import { png } from '../support/png.js';
import { waitFor } from '../support/wait.js';

for (const store of ['s3', 'filesystem'] as const) {
  describe(`the main job on ${store}`, () => {
    let host: TestHost;
    before(async () => {
      host = await startHost({ store });
    });
    after(() => host.close());

    it('takes 100 slices from a client into the store and back, and nothing is left after a delete', async () => {
      const slices = Array.from({ length: 100 }, (_, value) => png({ value }));
      const created = await host.api('POST', '/annotations/1/mask-groups', {
        group_name: 'Liver, second pass',
        model_name: 'nnU-Net',
        version: '2.3.1',
        modality: 'CT',
        slice_count: 100,
      });
      expect(created.status).to.equal(201);
      expect(created.body).to.include({ annotation_id: 1, status: 'uploading', created_by: 'anna', mask_count: 0 });
      const group = created.headers.get('location')?.replace('/api', '') ?? '';
      expect(group).to.equal(`/annotations/1/mask-groups/${created.body.id}`);

      const signed = await host.api('POST', `${group}/signed-urls`, {
        files: slices.map((bytes, slice_index) =>
          fileFor(bytes, { slice_index, label_name: 'liver', filename: `slice_${slice_index}.png` }),
        ),
      });
      expect(signed.status).to.equal(200);
      expect(signed.headers.get('cache-control')).to.equal('no-store');
      expect(signed.headers.get('referrer-policy')).to.equal('no-referrer');
      const uploads: SignedPut[] = signed.body.uploads;
      expect(uploads).to.have.length(100);

      const startedAt = performance.now();
      const statuses = await Promise.all(uploads.map((upload, index) => put(upload, slices[index] ?? Buffer.alloc(0))));
      expect(new Set(statuses)).to.deep.equal(new Set([200]));
      expect(performance.now() - startedAt).to.be.below(60_000);

      const pending = await host.api('GET', group);
      expect(pending.body).to.deep.include({ status: 'uploading', uploaded_slices: 0 });
      expect(pending.body.stats.pending_uploads).to.equal(100);

      const completed = await host.api('POST', `${group}/complete`, {
        uploaded_files: uploads.map((upload) => upload.file_path),
        slice_count: 100,
        labels: ['liver'],
      });
      expect(completed.status).to.equal(200);
      expect(completed.body).to.include({ status: 'complete', processed_masks: 100 });
      const masks: Mask[] = completed.body.masks;
      expect(masks.map((mask) => mask.file_path)).to.deep.equal(uploads.map((upload) => upload.file_path));
      expect(masks.map((mask) => mask.checksum)).to.deep.equal(slices.map(sha256));
      expect(new Set(masks.map((mask) => `${mask.width}×${mask.height}`))).to.deep.equal(new Set(['64×64']));

      const listed = await host.api('GET', `${group}/masks?include=download_url&limit=1000`);
      expect(listed.body.total_count).to.equal(100);
      expect(listed.body.next_cursor).to.equal(null);
      for (const mask of listed.body.masks.slice(0, 10)) {
        const bytes = Buffer.from(await (await fetch(mask.download_url)).arrayBuffer());
        expect(bytes.equals(slices[mask.slice_index] ?? Buffer.alloc(0))).to.equal(true);
      }

      const read = await host.api('GET', group);
      expect(read.body).to.deep.include({
        status: 'complete',
        mask_count: 100,
        uploaded_slices: 100,
        total_bytes: slices.reduce((sum, bytes) => sum + bytes.length, 0),
        stats: {
          labels: [{ label_name: 'liver', count: 100 }],
          mime_types: [{ mime_type: 'image/png', count: 100 }],
          missing_slices: [],
          pending_uploads: 0,
        },
      });

      expect(await host.keys()).to.deep.equal(uploads.map((upload) => upload.file_path).sort());
      expect((await host.api('DELETE', group)).status).to.equal(204);
      expect((await host.api('GET', group)).body.code).to.equal('mask-group-not-found');
      await waitFor(async () => (await host.keys()).length === 0, { message: 'the objects to be deleted' });
    });

    it('gives one mask out by download URL, by redirect, and by a signed HEAD', async () => {
      const bytes = png({ value: 7 });
      const { body: group } = await host.api('POST', '/annotations/2/mask-groups', {});
      const path = `/annotations/2/mask-groups/${group.id}`;
      const { body: signed } = await host.api('POST', `${path}/signed-url`, fileFor(bytes, { slice_index: 0 }));
      expect(await put(signed, bytes)).to.equal(200);
      const { body: completion } = await host.api('POST', `${path}/complete`, { uploaded_files: [signed.upload_id] });
      const mask = maskPath(path, completion.masks[0].id);

      const url = await host.api('POST', `${mask}/download-url`, { ttl_seconds: 120 });
      expect(url.body.expires_in).to.be.within(59, 120);
      expect((await host.api('POST', `${mask}/download-url`, { ttl_seconds: 120 })).body.download_url).to.equal(
        url.body.download_url,
        'stable within its window, so that caches hit',
      );
      const download = await fetch(url.body.download_url);
      expect(download.headers.get('content-type')).to.equal('image/png');
      expect(download.headers.get('content-disposition')).to.equal(
        `inline; filename="mask-${completion.masks[0].id}.png"`,
      );
      expect(download.headers.get('cache-control')).to.match(/^private, max-age=\d+, immutable/);
      expect(Buffer.from(await download.arrayBuffer()).equals(bytes)).to.equal(true);

      const content = await host.api('GET', `${mask}/content`);
      expect(content.status).to.equal(302);
      expect(content.headers.get('cache-control')).to.equal('no-store');
      const followed = await fetch(content.headers.get('location') ?? '');
      expect(Buffer.from(await followed.arrayBuffer()).equals(bytes)).to.equal(true);

      const head = await host.api('HEAD', `${mask}/content`);
      expect(head.status).to.equal(302);
      const answer = await fetch(head.headers.get('location') ?? '', { method: 'HEAD' });
      expect(answer.status).to.equal(200);
      expect(answer.headers.get('content-length')).to.equal(String(bytes.length));

      const got = await host.api('GET', `${mask}?include=download_url`);
      expect(got.body).to.include({ ...completion.masks[0], download_url: got.body.download_url });
      expect((await host.api('DELETE', mask)).status).to.equal(204);
      expect((await host.api('GET', mask)).body.code).to.equal('mask-not-found');
      await waitFor(async () => !(await host.keys()).includes(signed.file_path), {
        message: 'the object to be deleted',
      });
    });
  });
}
