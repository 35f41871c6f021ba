import { expect } from 'chai';
import { type MaskFile, uploadMasks } from '../../src/client/index.js';
import { clientOf, errorOf } from '../support/client.js';
import { sha256 } from '../support/host.js';
import { nifti } from '../support/nifti.js';
import { type ProxiedHost, startProxiedHost } from '../support/proxied-host.js';
import { s3Cannot } from '../support/s3.js';
import { randomFaults } from '../support/store-proxy.js';
import { waitFor } from '../support/wait.js';

const MiB = 2 ** 20;

for (const store of ['filesystem', 's3'] as const) {
  describe(`the client and a file in parts, on ${store}`, function () {
    this.timeout(60_000);
    let world: ProxiedHost;
    let volume: Buffer;
    let file: MaskFile;
    before(async function () {
      if (store === 's3' && s3Cannot('multipart')) this.skip();
      world = await startProxiedHost(store, { router: { multipartThresholdBytes: 5 * MiB } });
      volume = Buffer.concat([nifti(1000), Buffer.alloc(42 * MiB, 'voxels')]);
      file = { data: new Blob([volume]), filename: 'volume.nii' };
    });
    afterEach(() => {
      world.proxy.fault = () => undefined;
    });
    after(() => world?.close());

    /** Stops when so many of its nine parts are with the store; gives the group. */
    async function abortAfter(parts: number): Promise<number> {
      const controller = new AbortController();
      let begun = 0;
      world.proxy.fault = () => (++begun > parts ? 'hanging' : undefined);
      const options = { ...clientOf(world.host), group: {}, files: [file], concurrency: 2, signal: controller.signal };
      const uploading = errorOf(uploadMasks(options));
      await waitFor(() => begun >= parts + 2);
      controller.abort();
      const error = await uploading;
      expect(error.code).to.equal('aborted');
      world.proxy.fault = () => undefined;
      return error.groupId ?? 0;
    }

    const pendingOf = async (groupId: number) =>
      (await world.host.api('GET', `/annotations/1/mask-groups/${groupId}/uploads`)).body.uploads;

    it('gets it through a bad network, whole', async () => {
      world.proxy.fault = randomFaults({ dropped: 0.15, 'answer-lost': 0.15, cut: 0.1 });
      const { masks } = await uploadMasks({ ...clientOf(world.host), group: {}, files: [file] });
      expect(masks[0]?.checksum).to.equal(sha256(volume));
      expect(Object.keys(world.proxy.faults).length).to.be.above(1);
    });

    it('sends only the parts that are missing when it goes on', async () => {
      const groupId = await abortAfter(5);
      const [pending] = await pendingOf(groupId);
      expect(pending.received_size).to.equal(25 * MiB);
      const bytes = world.proxy.bytes;
      const { masks } = await uploadMasks({ ...clientOf(world.host), groupId, files: [file] });
      expect(world.proxy.bytes - bytes).to.equal(volume.length - pending.received_size);
      expect(masks[0]?.checksum).to.equal(sha256(volume));
      expect(masks[0]?.file_path).to.equal(pending.file_path);
    });

    it('sends it anew when the store has forgotten the parts', async () => {
      const groupId = await abortAfter(4);
      const [pending] = await pendingOf(groupId);
      await world.host.storage.abortMultipart(pending.file_path);
      const { masks } = await uploadMasks({ ...clientOf(world.host), groupId, files: [file] });
      expect(masks[0]?.checksum).to.equal(sha256(volume));
    });

    it('recognises a file that was put together already', async () => {
      const groupId = await abortAfter(3);
      let lost = 0;
      const result = await uploadMasks({
        ...clientOf(world.host),
        fetch: async (url, init) => {
          const response = await fetch(url, init);
          if (!String(url).endsWith('/complete') || lost++ > 2) return response;
          await response.text();
          throw new TypeError('the answer was lost');
        },
        groupId,
        files: [file],
      });
      expect(lost).to.be.above(2);
      expect(result.group.mask_count).to.equal(1);
      expect(await pendingOf(groupId)).to.deep.equal([]);
    });
  });
}
