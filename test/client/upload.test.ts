import { expect } from 'chai';
import { downloadMasks, type MaskFile, type UploadProgress, uploadMasks } from '../../src/client/index.js';
import { clientOf, slices } from '../support/client.js';
import { sha256, startHost, type TestHost } from '../support/host.js';
import { nifti } from '../support/nifti.js';
import { png } from '../support/png.js';

for (const store of ['filesystem', 's3'] as const) {
  describe(`the client, on ${store}`, function () {
    this.timeout(120_000);
    let host: TestHost;
    before(async () => {
      host = await startHost({ store });
    });
    after(() => host.close());

    for (const count of [1, 100, 1000]) {
      it(`uploads ${count} slices in the order asked and gives them back`, async () => {
        const files = slices(count);
        const { group, masks } = await uploadMasks({
          ...clientOf(host),
          group: { group_name: 'liver', slice_count: count },
          files,
        });
        expect(group).to.deep.include({ status: 'complete', mask_count: count, group_name: 'liver' });
        expect(group).not.to.have.property('stats');
        expect(masks.map(({ slice_index }) => slice_index)).to.deep.equal(files.map(({ slice_index }) => slice_index));
        expect(masks.map(({ checksum }) => checksum)).to.deep.equal(files.map(({ data }) => sha256(data)));

        const received: Buffer[] = [];
        for await (const { mask, data } of downloadMasks({ ...clientOf(host), groupId: group.id })) {
          expect(mask.slice_index).to.equal(received.length);
          received.push(Buffer.from(await data.arrayBuffer()));
        }
        expect(received.map(sha256)).to.deep.equal(files.map(({ data }) => sha256(data)));
      });
    }

    it('compresses what gains from it, and gives it back as it was', async () => {
      const volume = nifti(30_000);
      const json = Buffer.from(JSON.stringify({ counts: Array(5000).fill(7) }));
      const files: MaskFile[] = [
        { data: volume, filename: 'seg.nii' },
        { data: json, filename: 'rle.json', slice_index: 3 },
        { data: png(), filename: 'slice.png', slice_index: 4 },
      ];
      const { group, masks } = await uploadMasks({ ...clientOf(host), group: {}, files, compress: true });
      expect(masks.map(({ content_encoding }) => content_encoding)).to.deep.equal(['gzip', 'gzip', null]);
      expect(masks[0]?.file_size).to.be.below(volume.length / 2);

      const back = new Map<number | null, Buffer>();
      for await (const { mask, data } of downloadMasks({ ...clientOf(host), groupId: group.id })) {
        expect(data.type).to.equal(mask.mime_type);
        back.set(mask.slice_index, Buffer.from(await data.arrayBuffer()));
      }
      expect(back.get(null)?.equals(volume), 'the volume').to.equal(true);
      expect(back.get(3)?.equals(json), 'the JSON').to.equal(true);
    });

    it('tells progress of every file and in all, to the end', async () => {
      const told: UploadProgress[] = [];
      const files = slices(30);
      await uploadMasks({ ...clientOf(host), group: {}, files, onProgress: (progress) => told.push(progress) });
      const last = told.at(-1);
      const bytes = files.reduce((sum, { data }) => sum + data.length, 0);
      expect(last).to.deep.include({ phase: 'done', files: { done: 30, failed: 0, total: 30 } });
      expect(last?.bytes).to.deep.equal({ sent: bytes, total: bytes });
      expect(last?.groupId).to.be.a('number');
      const ofOne = told.flatMap(({ file }) => (file?.index === 7 ? [file.status] : []));
      expect([...new Set(ofOne)]).to.deep.equal(['preparing', 'uploading', 'uploaded', 'done']);
      expect(told.filter(({ phase }) => phase === 'done')).to.have.length(1);
    });
  });
}
