import { expect } from 'chai';
import { type MaskFile, uploadMasks } from '../../src/client/index.js';
import { clientOf } from '../support/client.js';
import { startHost, type TestHost } from '../support/host.js';

describe('the client and an API on a bad network', function () {
  this.timeout(60_000);
  let host: TestHost;
  before(async () => {
    host = await startHost();
  });
  after(() => host.close());

  it('records every slice once, though every call is dropped, refused and its answer lost before it succeeds', async () => {
    const files = Array.from({ length: 300 }, (_, slice_index): MaskFile => {
      const data = Buffer.from(JSON.stringify({ slice_index }));
      return { data, mime_type: 'application/json', slice_index };
    });
    const calls = new Map<string, number>();
    const badFetch: typeof fetch = async (url, init) => {
      const call = `${init?.method} ${url} ${init?.body ?? ''}`;
      const time = (calls.get(call) ?? 0) + 1;
      calls.set(call, time);
      if (time === 1) throw new TypeError('the connection was dropped');
      if (time === 2) return new Response('busy', { status: 503, headers: { 'Retry-After': '0' } });
      const response = await fetch(url, init);
      if (time > 3) return response;
      await response.text();
      throw new TypeError('the answer was lost');
    };
    const { body } = await host.api('POST', '/annotations/1/mask-groups', { slice_count: 300 });
    const { group, masks } = await uploadMasks({ ...clientOf(host), fetch: badFetch, groupId: body.id, files });
    expect([...calls.values()].filter((times) => times < 4)).to.deep.equal([]);
    expect(group).to.deep.include({ status: 'complete', mask_count: 300 });
    expect(masks.map(({ slice_index }) => slice_index)).to.deep.equal(files.map(({ slice_index }) => slice_index));
    expect((await host.api('GET', '/annotations/1/mask-groups')).body.mask_groups).to.have.length(1);
  });
});
