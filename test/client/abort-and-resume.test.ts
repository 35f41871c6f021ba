import { expect } from 'chai';
import { isMaskClientError, type UploadProgress, uploadMasks } from '../../src/client/index.js';
import { clientOf, errorOf, groupOf, slices } from '../support/client.js';
import { type ProxiedHost, startProxiedHost } from '../support/proxied-host.js';

for (const store of ['filesystem', 's3'] as const) {
  describe(`the client, stopped half-way, on ${store}`, function () {
    this.timeout(60_000);
    let world: ProxiedHost;
    before(async () => {
      world = await startProxiedHost(store);
    });
    after(() => world.close());

    /** Uploads until so many files are with the store; gives the error and the last that was told. */
    async function abortAfter(count: number, files = slices(60), giveUpOnAbort = false) {
      const controller = new AbortController();
      const told: UploadProgress[] = [];
      let uploaded = 0;
      const error = await errorOf(
        uploadMasks({
          ...clientOf(world.host),
          group: groupOf(files.length),
          files,
          concurrency: 4,
          signal: controller.signal,
          giveUpOnAbort,
          onProgress: (progress) => {
            told.push(progress);
            if (progress.file?.status === 'uploaded' && ++uploaded === count) controller.abort();
          },
        }),
      );
      return { error, told, groupId: error.groupId ?? 0 };
    }

    it('rejects with an AbortError, tells so, and does nothing more', async () => {
      let puts = 0;
      world.proxy.fault = () => {
        puts++;
        return undefined;
      };
      const { error, told, groupId } = await abortAfter(20);
      expect(isMaskClientError(error)).to.equal(true);
      expect(error).to.deep.include({ name: 'AbortError', code: 'aborted' });
      expect(groupId).to.be.above(0);
      expect(told.at(-1)?.phase).to.equal('aborted');
      const length = told.length;
      for (let call = 0; call < 10; call++) await world.host.api('GET', `/annotations/1/mask-groups/${groupId}`);
      expect(told.length).to.equal(length);
      expect(puts, 'four at a time, and sixty to send').to.be.within(20, 30);
    });

    it('rejects at once when it is aborted before it begins', async () => {
      const options = { ...clientOf(world.host), group: groupOf(1), files: slices(1), signal: AbortSignal.abort() };
      expect(await errorOf(uploadMasks(options))).to.deep.include({ code: 'aborted' });
    });

    it('goes on with what the server has received, signing nothing anew', async () => {
      const files = slices(60);
      const { groupId } = await abortAfter(20, files);
      const { body } = await world.host.api('GET', `/annotations/1/mask-groups/${groupId}/uploads?limit=1000`);
      const ids = body.uploads.map(({ upload_id }: { upload_id: string }) => upload_id);
      const received = body.uploads.filter(({ status }: { status: string }) => status === 'received');
      expect(received.length).to.be.at.least(20);

      const bytes = world.proxy.bytes;
      const { group, masks } = await uploadMasks({ ...clientOf(world.host), groupId, files });
      expect(group.status).to.equal('complete');
      expect(masks.map(({ file_path }) => file_path.split('/').pop()?.split('.')[0]).sort()).to.deep.equal(ids.sort());
      const missing = files
        .filter(({ slice_index }) => !received.some((one: { slice_index: number }) => one.slice_index === slice_index))
        .reduce((sum, { data }) => sum + data.length, 0);
      expect(world.proxy.bytes - bytes).to.equal(missing);
    });

    it('finds everything done when it is asked again', async () => {
      // the server keeps labels trimmed and composed, and types in lower case
      const files = slices(30, ' ru\u0308ckenmark ').map((file) => ({ ...file, mime_type: 'Image/PNG' }));
      const first = await uploadMasks({ ...clientOf(world.host), group: groupOf(30), files });
      const bytes = world.proxy.bytes;
      const second = await uploadMasks({ ...clientOf(world.host), groupId: first.group.id, files });
      expect(second).to.deep.equal(first);
      expect(world.proxy.bytes).to.equal(bytes);
    });

    it('does not overwrite a slice with another mask, unless it is told to', async () => {
      const files = slices(3);
      const { group } = await uploadMasks({ ...clientOf(world.host), group: groupOf(3), files });
      const others = files.map((file, index) => ({
        ...file,
        data: index === 1 ? (slices(9)[8]?.data ?? file.data) : file.data,
      }));
      const bytes = world.proxy.bytes;
      const error = await errorOf(uploadMasks({ ...clientOf(world.host), groupId: group.id, files: others }));
      expect(error.failures).to.deep.equal([
        { index: 1, code: 'slice-exists', message: error.failures?.[0]?.message, retryable: false },
      ]);
      expect(world.proxy.bytes, 'nothing is sent in vain').to.equal(bytes);
      const result = await uploadMasks({ ...clientOf(world.host), groupId: group.id, files: others, replace: true });
      expect(result.group.mask_count).to.equal(3);
      expect(result.masks[1]?.file_size).to.equal(others[1]?.data.length);
    });

    it('gives up what is not recorded, when asked to', async () => {
      const { groupId } = await abortAfter(20, slices(60), true);
      const { body } = await world.host.api('GET', `/annotations/1/mask-groups/${groupId}/uploads`);
      expect(body.uploads).to.deep.equal([]);
    });
  });
}
