import type { ServerResponse } from 'node:http';
import { inspect } from 'node:util';
import { expect } from 'chai';
import { createMaskClient, downloadMasks, isMaskClientError, uploadMasks } from '../../src/client/index.js';
import { clientOf, errorOf, groupOf, slices } from '../support/client.js';
import { put, sha256, startHost, type TestHost } from '../support/host.js';
import { png } from '../support/png.js';
import { type ProxiedHost, startProxiedHost } from '../support/proxied-host.js';

const group = { annotation_id: 1, group_id: 0 };

describe('the functions of the client, one per operation', () => {
  let world: ProxiedHost;
  before(async () => {
    world = await startProxiedHost('filesystem');
  });
  after(() => world.close());

  it('call every route', async () => {
    const client = createMaskClient(clientOf(world.host));
    const made = await client.createMaskGroup({ annotation_id: 1, body: { group_name: 'by hand', modality: 'CT' } });
    const ids = { annotation_id: 1, group_id: made.id };
    const listed = await client.listMaskGroups({ annotation_id: 1, modality: 'CT', limit: 1 });
    expect(listed.mask_groups).to.deep.equal([made]);
    expect((await client.updateMaskGroup({ ...ids, body: { version: '2' } })).version).to.equal('2');

    const bytes = png();
    const upload = await client.signUpload({ ...ids, body: fileOf(bytes, 3) });
    const { uploads } = await client.signUploads({ ...ids, body: { files: [fileOf(bytes, 4)] } });
    expect(uploads).to.have.length(1);
    const renewed = await client.renewUpload({ ...ids, upload_id: upload.upload_id, body: { ttl_seconds: 60 } });
    if (!('upload_url' in renewed)) throw new Error('not one PUT');
    expect(await put(renewed, bytes)).to.equal(200);
    expect((await client.listUploads(ids)).uploads.map(({ status }) => status)).to.deep.equal(['received', 'pending']);
    const given = await client.giveUpUpload({ ...ids, upload_id: uploads[0]?.upload_id ?? '' });
    expect(given).to.equal(undefined);

    const { masks } = await client.completeUpload({ ...ids, body: { uploaded_files: [upload.upload_id] } });
    const mask = { annotation_id: 1, mask_id: masks[0]?.id ?? 0 };
    expect((await client.getMask({ ...mask, include: 'download_url' })).download_url).to.be.a('string');
    expect((await client.listMasks({ ...ids, slice_index: 3 })).total_count).to.equal(1);
    expect((await client.signMaskDownload(mask)).method).to.equal('GET');
    const content = await client.getMaskContent(mask);
    expect(Buffer.from(await content.arrayBuffer()).equals(bytes)).to.equal(true);
    await client.deleteMask(mask);
    expect((await client.getMaskGroup(ids)).stats.pending_uploads).to.equal(0);
    await client.deleteMaskGroup(ids);
    expect(await errorOf(client.getMaskGroup(ids))).to.deep.include({ code: 'mask-group-not-found', status: 404 });
  });

  it('reject with the code, status and fields of the problem, and with nothing for others', async () => {
    const client = createMaskClient(clientOf(world.host));
    const error = await errorOf(client.createMaskGroup({ annotation_id: 1, body: { slice_count: 0 } }));
    expect(isMaskClientError(error)).to.equal(true);
    expect(error).to.deep.include({ code: 'invalid-request', status: 400, retryable: false });
    expect(error.errors[0]?.path).to.equal('/slice_count');
    expect(isMaskClientError(new Error('another one'))).to.equal(false);
  });

  it('tell a wrong address, another server’s page and no server apart from answers', async () => {
    const { headers } = clientOf(world.host);
    const html = () => Promise.resolve(new Response('<h1>Bad gateway</h1>', { status: 502 }));
    const page = () => Promise.resolve(new Response('<h1>Welcome</h1>'));
    for (const [options, expected] of [
      [
        { baseUrl: world.host.url, fetch: html },
        { code: 'network-error', status: 502, retryable: true },
      ],
      [
        { baseUrl: world.host.url, fetch: page },
        { code: 'network-error', status: 200, retryable: false },
      ],
      [
        { baseUrl: world.host.url },
        {
          code: 'network-error',
          status: 404,
          retryable: false,
          message: 'The server answered 404 and not as the API does: is baseUrl where it is mounted?',
        },
      ],
      [{ baseUrl: 'http://127.0.0.1:1' }, { code: 'network-error', status: undefined, retryable: true }],
    ] as const) {
      const client = createMaskClient({ ...options, headers });
      expect(await errorOf(client.getMaskGroup(group))).to.deep.include(expected);
    }
  });

  it('reject with an error of the client also when the store does not give a mask, without its signed URL', async () => {
    const { masks } = await uploadMasks({ ...clientOf(world.host), group: groupOf(1), files: slices(1) });
    const client = createMaskClient(clientOf(world.host));
    const input = { annotation_id: 1, mask_id: masks[0]?.id ?? 0 };
    for (const [fault, expected] of [
      ['answered-403', { code: 'store-refused', status: 403, retryable: false }],
      ['dropped', { code: 'store-unreachable', status: undefined, retryable: true }],
    ] as const) {
      world.proxy.fault = () => fault;
      const error = await errorOf(client.getMaskContent(input));
      expect(error).to.deep.include(expected);
      expect(inspect(error, { depth: 9 })).not.to.match(/signature/i);
    }
    world.proxy.fault = () => 'hanging';
    const controller = new AbortController();
    const hanging = errorOf(client.getMaskContent({ ...input, signal: controller.signal }));
    controller.abort();
    expect(await hanging).to.deep.include({ code: 'aborted', name: 'AbortError' });
    world.proxy.fault = () => undefined;
  });

  it('stop the bytes of an answer, too, when the signal is aborted while they are read', async () => {
    const client = createMaskClient({ baseUrl: 'http://pacs.test', fetch: endless });
    const controller = new AbortController();
    const { body } = await client.getMaskGroupArchive({ ...group, signal: controller.signal });
    const reader = body?.getReader();
    await reader?.read();
    controller.abort();
    expect(await errorOf(reader?.read() ?? Promise.resolve())).to.have.property('name', 'AbortError');
  });

  it('refuse at once, and without the token, what no request can be made of', async () => {
    const { baseUrl } = clientOf(world.host);
    for (const wrong of [undefined, '', '/api', 'pacs.test/api', 'http://me:pw@pacs.test', `${baseUrl}?a=1`]) {
      expect(() => createMaskClient({ baseUrl: wrong as string }))
        .to.throw()
        .with.property('code', 'invalid-request');
    }
    const client = createMaskClient({ baseUrl, headers: { authorization: 'Bearer to\nken' } });
    const error = await errorOf(client.getMaskGroup(group));
    expect(error).to.deep.include({ code: 'invalid-request', retryable: false });
    expect(inspect(error, { depth: 9 })).not.to.contain('ken"');
    const none = await errorOf(client.getMask({ annotation_id: 1 } as never));
    expect(none).to.deep.include({ code: 'invalid-request', message: 'Pass mask_id.' });
  });

  it('ask for the headers before every request, and never show them to the store', async () => {
    let asked = 0;
    const toStore: (string | undefined)[] = [];
    world.proxy.fault = (req) => {
      toStore.push(req.headers.authorization, req.headers['x-tenant'] as string | undefined, req.headers.cookie);
      return undefined;
    };
    const options = {
      baseUrl: `${world.host.url}/api/`,
      headers: async () => {
        asked++;
        return new Headers({ authorization: 'Bearer anna', 'x-tenant': 'secret', cookie: 'secret' });
      },
    };
    const files = slices(3);
    const { masks } = await uploadMasks({ ...options, annotationId: 1, group: groupOf(3), files });
    expect(asked).to.be.at.least(3);
    const client = createMaskClient(options);
    const content = await client.getMaskContent({ annotation_id: 1, mask_id: masks[0]?.id ?? 0 });
    expect((await content.arrayBuffer()).byteLength).to.equal(files[0]?.data.length);
    expect(toStore).to.have.length(4 * 3);
    expect(toStore.filter((value) => value !== undefined)).to.deep.equal([]);
  });
});

describe('the client, against a host with limits of its own', function () {
  this.timeout(60_000);
  let host: TestHost;
  afterEach(() => host.close());

  it('signs and completes in smaller pages where a parser ahead of the router refuses long bodies', async () => {
    host = await startHost({ parser: 'before', after: [plain413] });
    const statuses: number[] = [];
    const { group } = await uploadMasks({
      ...clientOf(host),
      fetch: async (url, init) => {
        const response = await fetch(url, init);
        statuses.push(response.status);
        return response;
      },
      group: groupOf(700),
      // so that a page of 250 is longer than the 100 kB that express.json() takes
      files: slices(700).map((file) => ({
        ...file,
        filename: `${'a'.repeat(100)}.png`,
        sop_instance_uid: longUid(file.slice_index),
        label_name: 'é'.repeat(64),
      })),
      concurrency: 24,
    });
    expect(group).to.deep.include({ status: 'complete', mask_count: 700 });
    expect(statuses).to.include(413);
  });

  it('signs and completes in smaller pages where the host allows fewer files in a call', async () => {
    host = await startHost({ router: { maxBatch: 30 } });
    const { group } = await uploadMasks({ ...clientOf(host), group: groupOf(200), files: slices(200) });
    expect(group).to.deep.include({ status: 'complete', mask_count: 200 });
  });

  it('leaves out the files that the server refuses to sign, and records the others', async () => {
    host = await startHost();
    const files = slices(60).map((file, index) => (index % 2 ? { ...file, label_name: 'DOE^JOHN' } : file));
    const error = await errorOf(uploadMasks({ ...clientOf(host), group: groupOf(60), files }));
    expect(error).to.deep.include({ code: 'upload-incomplete', retryable: false });
    expect(error.failures?.map(({ index, code }) => [index, code])).to.deep.equal(
      Array.from({ length: 30 }, (_, at) => [2 * at + 1, 'unsafe-name']),
    );
    expect(error.masks?.filter((mask) => mask)).to.have.length(30);
  });

  it('refuses what cannot be right before anything is sent', async () => {
    host = await startHost();
    const [one, other] = slices(2);
    if (!one || !other) throw new Error('no slices');
    const options = { ...clientOf(host), group: {} };
    for (const files of [[], [one, { ...other, slice_index: 0 }]]) {
      expect(await errorOf(uploadMasks({ ...options, files }))).to.deep.include({ code: 'invalid-request' });
    }
    const both = { ...options, files: [one], groupId: 3 };
    for (const odd of [
      both,
      { ...options, files: undefined },
      { ...options, files: [{ slice_index: 1 }] },
      { ...options, files: [{ ...one, data: new ArrayBuffer(8) }] },
      { ...options, files: [one], annotationId: undefined },
      { ...options, files: [one], baseUrl: undefined },
      { ...options, files: [one], concurrency: 0 },
      { ...options, files: [one], idleTimeoutMs: Number.NaN },
    ]) {
      expect(await errorOf(uploadMasks(odd as never))).to.deep.include({ code: 'invalid-request' });
    }
    for (const odd of [{ concurrency: 0 }, { concurrency: Number.NaN }, { idleTimeoutMs: -1 }]) {
      const first = downloadMasks({ ...clientOf(host), groupId: 1, ...odd }).next();
      expect(await errorOf(first)).to.deep.include({ code: 'invalid-request' });
    }
    expect((await host.api('GET', '/annotations/1/mask-groups')).body.mask_groups).to.deep.equal([]);
  });

  it('stops when the caller’s own functions throw, and hands on what they threw', async () => {
    host = await startHost();
    const thrown = new Error('of the caller');
    const throwIt = () => {
      throw thrown;
    };
    const options = { ...clientOf(host), group: {}, files: slices(3) };
    for (const more of [{ headers: throwIt }, { onProgress: throwIt }]) {
      const error = await errorOf(uploadMasks({ ...options, ...more }));
      expect(error).to.deep.include({ code: 'unexpected', retryable: false });
      expect(error.cause).to.equal(thrown);
    }
    const { group } = await uploadMasks(options);
    const download = downloadMasks({ ...clientOf(host), groupId: group.id, onProgress: throwIt });
    const error = await errorOf(download.next());
    expect([error.code, error.cause]).to.deep.equal(['unexpected', thrown]);
  });

  it('waits for ever where idleTimeoutMs is Infinity', async () => {
    host = await startHost();
    const options = { ...clientOf(host), group: {}, files: slices(3), idleTimeoutMs: Number.POSITIVE_INFINITY };
    const { group, masks } = await uploadMasks(options);
    expect(masks).to.have.length(3);
    const got = [];
    for await (const one of downloadMasks({ ...options, groupId: group.id })) got.push(one);
    expect(got).to.have.length(3);
  });

  it('ends with the problem of a host whose errors have a shape of their own', async () => {
    host = await startHost();
    const problem = { code: 'quota', detail: 'The quota is used up.', errors: [null, 'files', { path: 5 }] };
    for (const path of [/signed-urls$/, /complete$/]) {
      const answer: typeof fetch = async (url, init) =>
        path.test(String(url)) ? Response.json(problem, { status: 400 }) : fetch(url, init);
      const options = { ...clientOf(host), fetch: answer, group: {}, files: slices(3) };
      expect(await errorOf(uploadMasks(options))).to.deep.include({ code: 'quota', status: 400, errors: [] });
    }
  });

  it('stops at once when it may not write', async () => {
    host = await startHost();
    const error = await errorOf(uploadMasks({ ...clientOf(host, 'ben'), group: {}, files: slices(3) }));
    expect(error).to.deep.include({ code: 'forbidden', status: 403, retryable: false, groupId: undefined });
  });
});

function fileOf(bytes: Buffer, slice_index: number) {
  return { mime_type: 'image/png', file_size: bytes.length, checksum: sha256(bytes), slice_index };
}

/** Answers with a body that begins and never ends, but for the signal. */
async function endless(_url: unknown, init?: RequestInit): Promise<Response> {
  const body = new ReadableStream({
    start(controller) {
      controller.enqueue(new Uint8Array(1));
      init?.signal?.addEventListener('abort', () => controller.error(init.signal?.reason));
    },
  });
  return new Response(body);
}

/** As a host's own error handler may: without a word. */
function plain413(_error: unknown, _req: unknown, res: ServerResponse, _next: unknown): void {
  res.setHeader('x-answered-by', 'host');
  res.statusCode = 413;
  res.end();
}

function longUid(slice: number | undefined): string {
  return `1.2.${'3'.repeat(50)}.${slice}`;
}
