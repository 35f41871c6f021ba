import { inspect } from 'node:util';
import { expect } from 'chai';
import { downloadMasks, uploadMasks } from '../../src/client/index.js';
import type { Storage } from '../../src/index.js';
import { clientOf, errorOf, groupOf, slices } from '../support/client.js';
import { sha256 } from '../support/host.js';
import { png } from '../support/png.js';
import { type ProxiedHost, startProxiedHost } from '../support/proxied-host.js';
import { randomFaults } from '../support/store-proxy.js';
import { waitFor } from '../support/wait.js';

for (const store of ['filesystem', 's3'] as const) {
  describe(`the client on a bad network to its store, ${store}`, function () {
    this.timeout(180_000);
    let world: ProxiedHost;
    let shift = 0;
    before(async () => {
      world = await startProxiedHost(store, { clock: () => Date.now() + shift });
    });
    afterEach(() => {
      world.proxy.fault = () => undefined;
    });
    after(() => world.close());

    it('gets 1000 slices through dropped connections, lost answers, cut bodies, 500 and 503: none twice, none lost', async () => {
      const { host, proxy } = world;
      const shares = {
        dropped: 0.1,
        'answer-lost': 0.05,
        cut: 0.05,
        delayed: 0.1,
        'answered-500': 0.05,
        'answered-503': 0.05,
      };
      proxy.fault = randomFaults(shares);
      const files = slices(1000);
      const { group, masks } = await uploadMasks({
        ...clientOf(host),
        group: groupOf(1000),
        files,
        concurrency: 24,
      });
      for (const fault of Object.keys(shares)) expect(proxy.faults).to.have.property(fault).that.is.above(10);
      expect(group).to.deep.include({ status: 'complete', mask_count: 1000, uploaded_slices: 1000 });
      expect(masks.map(({ checksum }) => checksum)).to.deep.equal(files.map(({ data }) => sha256(data)));
      const { body } = await host.api('GET', `/annotations/1/mask-groups/${group.id}`);
      expect(body.stats).to.deep.include({ pending_uploads: 0, missing_slices: [] });
      const keys = (await host.keys()).filter((key) => key.split('/')[2] === String(group.id));
      expect(keys).to.deep.equal(masks.map(({ file_path }) => file_path).sort());

      proxy.fault = randomFaults({ dropped: 0.05, 'answer-lost': 0.05 });
      const downloads: string[] = [];
      for await (const { data } of downloadMasks({ ...clientOf(host), groupId: group.id, concurrency: 24 })) {
        downloads.push(sha256(Buffer.from(await data.arrayBuffer())));
      }
      expect(downloads).to.deep.equal(files.map(({ data }) => sha256(data)));
    });

    it('gives a PUT up that hangs, and sends it again', async () => {
      const { host, proxy } = world;
      let hanging = 0;
      proxy.fault = () => (hanging++ < 3 ? 'hanging' : undefined);
      const files = slices(20);
      const result = await uploadMasks({ ...clientOf(host), group: groupOf(20), files, idleTimeoutMs: 500 });
      expect(result.group.status).to.equal('complete');
      expect(proxy.faults.hanging).to.equal(3);
    });

    it('waits for a store that is down for a while', async () => {
      const { host, proxy } = world;
      proxy.fault = () => 'dropped';
      const before = proxy.faults.dropped ?? 0;
      const uploading = uploadMasks({ ...clientOf(host), group: groupOf(20), files: slices(20) });
      await waitFor(() => (proxy.faults.dropped ?? 0) > before + 20);
      proxy.fault = () => undefined;
      expect((await uploading).group.status).to.equal('complete');
    });

    it('says which files were not recorded, records all others, and gets the rest on the next try', async () => {
      const { host, proxy } = world;
      const bad = { data: png({ width: 999 }), slice_index: 5, label_name: 'liver', mime_type: 'image/png' };
      const files = slices(12).with(5, { ...bad, filename: 'bad.png' });
      const refusedUrls = new Set<string>();
      let tries = 0;
      proxy.fault = ({ headers, url = '' }) => {
        const isBad = headers['content-length'] === String(bad.data.length);
        if (isBad) refusedUrls.add(url);
        if (isBad) tries++;
        return refusedUrls.has(url) ? 'answered-403' : undefined;
      };
      const error = await errorOf(uploadMasks({ ...clientOf(host), group: groupOf(12), files }));
      expect(error).to.deep.include({ code: 'upload-incomplete', retryable: false });
      const [failure, ...others] = error.failures ?? [];
      expect(failure).to.deep.include({ index: 5, code: 'store-refused', retryable: false });
      expect(others).to.deep.equal([]);
      expect(tries).to.equal(3);
      for (const url of refusedUrls) expect(inspect(error, { depth: 9 })).not.to.contain(url);
      expect(error.masks?.filter((mask) => mask)).to.have.length(11);
      expect(error.masks?.[5]).to.equal(undefined);

      proxy.fault = () => undefined;
      const { groupId = 0 } = error;
      const already = proxy.bytes;
      const { group, masks } = await uploadMasks({ ...clientOf(host), groupId, files });
      expect(group.status).to.equal('complete');
      expect(masks.map(({ slice_index }) => slice_index)).to.deep.equal(files.map(({ slice_index }) => slice_index));
      expect(proxy.bytes - already, 'only what was missing is sent').to.equal(bad.data.length);
    });

    it('ends when the store is down for good, and says so', async () => {
      const { host, proxy } = world;
      const { random } = Math;
      Math.random = () => 0; // back-off at its shortest
      try {
        proxy.fault = () => 'dropped';
        const error = await errorOf(uploadMasks({ ...clientOf(host), group: groupOf(100), files: slices(100) }));
        expect(error).to.deep.include({ code: 'upload-incomplete', retryable: true });
        expect(error.failures).to.have.length(100);
        for (const failure of error.failures ?? []) expect(failure.code).to.equal('store-unreachable');
      } finally {
        Math.random = random;
      }
    });

    if (store === 'filesystem') {
      it('renews URLs that have expired', async () => {
        const { host } = world;
        let renewed = 0;
        const files = slices(40);
        let puts = 0;
        const { group } = await uploadMasks({
          ...clientOf(host),
          fetch: (url, init) => {
            if (String(url).includes('/uploads/')) renewed++;
            return fetch(url, init);
          },
          storeFetch: (url, init) => {
            if (++puts === 10) shift += 7_200_000; // every URL there is dies at once
            return fetch(url, init);
          },
          group: groupOf(40),
          files,
        });
        expect(group.status).to.equal('complete');
        expect(renewed).to.be.within(23, 40);
      });
    }
  });
}

describe('the client and a store that takes anything for good', () => {
  let world: ProxiedHost;
  before(async () => {
    // as stores do that know nothing of SHA-256: the server finds out when it verifies
    const wrap = (storage: Storage): Storage => ({
      ...storage,
      signUpload: (key, { sha256: _, ...conditions }) => storage.signUpload(key, { ...conditions, sha256: undefined }),
    });
    world = await startProxiedHost('filesystem', { wrap });
  });
  after(() => world.close());

  for (const fault of ['corrupted', 'swallowed'] as const) {
    it(`sends ${fault} files again, as often as makes sense`, async () => {
      let left = 7;
      world.proxy.fault = () => (left-- > 0 ? fault : undefined);
      const files = slices(30);
      const { group, masks } = await uploadMasks({ ...clientOf(world.host), group: groupOf(30), files });
      expect(world.proxy.faults[fault]).to.equal(7);
      expect(group.status).to.equal('complete');
      expect(masks.map(({ checksum }) => checksum)).to.deep.equal(files.map(({ data }) => sha256(data)));

      world.proxy.fault = (req) =>
        req.headers['content-length'] === String(files[9]?.data.length) ? fault : undefined;
      const one = { ...clientOf(world.host), group: {}, files: files.slice(9, 10) };
      const error = await errorOf(uploadMasks(one));
      const code = fault === 'corrupted' ? 'checksum-mismatch' : 'upload-missing';
      expect(error.failures?.map((failure) => failure.code)).to.deep.equal([code]);
    });
  }
});
