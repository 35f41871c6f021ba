import { buffer } from 'node:stream/consumers';
import { expect } from 'chai';
import type { ObjectKey } from '../src/domain/types.js';
import {
  createMaskUploadService,
  isMaskUploadError,
  type MaskUploadError,
  type MaskUploadService,
} from '../src/index.js';
import { fileFor, put, startHost, type TestHost } from './support/host.js';
import { png } from './support/png.js';
import { waitFor } from './support/wait.js';
import { readZip } from './support/zip.js';

describe('the service', () => {
  let host: TestHost;
  let service: MaskUploadService;
  before(async () => {
    host = await startHost({ store: 'filesystem', router: { maintenance: false } });
    service = createMaskUploadService({ knex: host.knex, storage: host.storage, onEvent: () => {} });
  });
  after(async () => {
    await service.close();
    await host.close();
  });

  async function codeOf(call: () => Promise<unknown>): Promise<MaskUploadError> {
    const error = await call().then(
      () => expect.fail('expected a rejection'),
      (reason: unknown) => reason,
    );
    if (!isMaskUploadError(error)) throw error;
    return error;
  }

  it('does the whole job without HTTP, and gives what the API answers', async () => {
    const at = { annotationId: 1, principal: { userId: 'worker' } };
    const created = await service.createMaskGroup(at, { group_name: 'Spleen', slice_count: 2 });
    expect(created).to.include({ annotation_id: 1, created_by: 'worker', status: 'uploading' });
    const group = { annotationId: 1, groupId: created.id };
    const path = `/annotations/1/mask-groups/${created.id}`;
    expect(await service.getMaskGroup(group)).to.deep.equal((await host.api('GET', path)).body);

    const bytes = [png({ value: 1 }), png({ value: 2 })] as const;
    const first = await service.signUpload(group, { ...fileFor(bytes[0], { slice_index: 0 }), ttl_seconds: 60 });
    expect((await service.renewUpload({ ...group, uploadId: first.upload_id })).file_path).to.equal(first.file_path);
    const spare = await service.signUpload(group, fileFor(bytes[0]));
    await service.giveUpUpload({ ...group, uploadId: spare.upload_id });
    const { uploads } = await service.signUploads(group, { files: [fileFor(bytes[1], { slice_index: 1 })] });
    expect(await put(first, bytes[0])).to.equal(200);
    for (const upload of uploads) expect(await put(upload, bytes[1])).to.equal(200);
    const pending = await service.listUploads(group, { limit: 1 });
    expect(pending).to.deep.equal((await host.api('GET', `${path}/uploads?limit=1`)).body);
    expect(pending.uploads[0]).to.include({ upload_id: first.upload_id, status: 'received' });
    const uploaded_files = [first.upload_id, ...uploads.map((upload) => upload.file_path)];
    const completion = await service.completeUpload(group, { uploaded_files, slice_count: 2 });
    expect(completion).to.include({ status: 'complete', processed_masks: 2 });
    expect((await host.api('POST', `${path}/complete`, { uploaded_files })).body).to.deep.equal(completion);

    const listed = await service.listMasks(group, { limit: 1 });
    expect(listed.masks).to.deep.equal(completion.masks.slice(0, 1));
    const rest = await service.listMasks(group, { limit: 1, cursor: String(listed.next_cursor) });
    expect(rest).to.deep.equal({ masks: completion.masks.slice(1), total_count: 2, next_cursor: null });
    const bySlice = await service.listMasks(group, { slice_index: 1, include: 'download_url' });
    expect(bySlice.masks[0]?.download_url).to.be.a('string');

    const mask = { ...group, maskId: completion.masks[0]?.id ?? 0 };
    expect(await service.getMask(mask)).to.deep.equal(completion.masks[0]);
    const download = await service.signMaskDownload(mask, { ttl_seconds: 60 });
    const got = Buffer.from(await (await fetch(download.download_url)).arrayBuffer());
    expect(got.equals(bytes[0])).to.equal(true);

    const content = await service.getMaskContent(mask);
    expect(content.mask).to.deep.equal(completion.masks[0]);
    expect((await buffer(content.body)).equals(bytes[0])).to.equal(true);
    const archived = await readZip(await buffer(await service.getMaskGroupArchive(group)));
    expect([...archived.values()].slice(1).map((entry) => entry.bytes)).to.deep.equal([...bytes]);

    expect(await service.updateMaskGroup(group, { version: '2' })).to.include({ version: '2', group_name: 'Spleen' });
    const groups = await service.listMaskGroups({ annotationId: 1 }, { limit: 10, model_name: undefined });
    expect(groups).to.deep.equal((await host.api('GET', '/annotations/1/mask-groups?limit=10')).body);

    await service.deleteMask(mask);
    expect((await codeOf(() => service.getMask(mask))).code).to.equal('mask-not-found');
    await service.deleteMaskGroup(group);
    expect((await codeOf(() => service.getMaskGroup(group))).code).to.equal('mask-group-not-found');
    await waitFor(async () => (await host.keys()).length === 0, { message: 'the objects to be deleted' });
  });

  it('needs no principal, and takes keys as numbers, strings and bigints', async () => {
    for (const annotationId of [2, '2', 2n]) {
      expect(await service.createMaskGroup({ annotationId })).to.include({ annotation_id: 2, created_by: null });
    }
  });

  it('tells the reader of an archive that breaks, and stops when the reader does', async () => {
    const { id: groupId } = await service.createMaskGroup({ annotationId: 1 });
    const group = { annotationId: 1, groupId };
    const files = Array.from({ length: 40 }, (_, index) => png({ value: index }));
    const { uploads } = await service.signUploads(group, {
      files: files.map((bytes, slice_index) => fileFor(bytes, { slice_index })),
    });
    await Promise.all(uploads.map((upload, index) => put(upload, files[index] ?? Buffer.alloc(0))));
    const { masks } = await service.completeUpload(group, { uploaded_files: uploads.map((one) => one.upload_id) });
    await host.storage.delete([masks[30]?.file_path as ObjectKey]);
    const archive = await service.getMaskGroupArchive(group);
    expect((await codeOf(() => buffer(archive))).code).to.equal('storage-unavailable');
    const unread = await service.getMaskGroupArchive(group);
    unread.destroy();
    expect((await codeOf(() => service.getMaskGroupArchive({ ...group, groupId: 999_999 }))).code).to.equal(
      'mask-group-not-found',
    );
  });

  it('rejects with the errors of the API', async () => {
    const group = { annotationId: 1, groupId: (await service.createMaskGroup({ annotationId: 1 })).id };
    const path = `/annotations/1/mask-groups/${group.groupId}`;
    const bad = { mime_type: 'image/png', file_size: 0 };
    const pairs: [call: () => Promise<unknown>, method: string, path: string, body?: unknown][] = [
      [() => service.createMaskGroup({ annotationId: 99 }), 'POST', '/annotations/99/mask-groups', {}],
      [
        () => service.createMaskGroup({ annotationId: 1 }, { group_name: 'A^B' }),
        'POST',
        '/annotations/1/mask-groups',
        { group_name: 'A^B' },
      ],
      [() => service.signUpload(group, bad), 'POST', `${path}/signed-url`, bad],
      [() => service.signUploads(group, { files: [bad] }), 'POST', `${path}/signed-urls`, { files: [bad] }],
      [
        () => service.completeUpload(group, { uploaded_files: ['x'] }),
        'POST',
        `${path}/complete`,
        { uploaded_files: ['x'] },
      ],
      [() => service.listMasks(group, { limit: 0 }), 'GET', `${path}/masks?limit=0`],
      [() => service.listMasks(group, { cursor: 'x' }), 'GET', `${path}/masks?cursor=x`],
      [
        () => service.listMaskGroups({ annotationId: 1 }, { modality: '' }),
        'GET',
        '/annotations/1/mask-groups?modality=',
      ],
      [() => service.updateMaskGroup(group, { slice_count: 0 }), 'PATCH', path, { slice_count: 0 }],
    ];
    for (const [call, method, url, body] of pairs) {
      const error = await codeOf(call);
      const { body: problem } = await host.api(method, url, body);
      expect({ code: error.code, status: error.status, detail: error.message, title: error.title }).to.deep.equal({
        code: problem.code,
        status: problem.status,
        detail: problem.detail,
        title: problem.title,
      });
      expect(error.errors).to.deep.equal(problem.errors ?? []);
    }
  });

  it('finds nothing under ids that are none', async () => {
    for (const id of [
      0,
      -1,
      1.5,
      Number.NaN,
      Number.POSITIVE_INFINITY,
      2 ** 53,
      1e308,
      '1; drop table x',
      undefined,
      null,
    ]) {
      const group = { annotationId: 1, groupId: id as number };
      expect((await codeOf(() => service.getMaskGroup(group))).code).to.equal('mask-group-not-found', String(id));
      expect((await codeOf(() => service.deleteMaskGroup(group))).code).to.equal('mask-group-not-found', String(id));
      const { id: groupId } = await service.createMaskGroup({ annotationId: 1 });
      const mask = { annotationId: 1, groupId, maskId: id as number };
      expect((await codeOf(() => service.getMask(mask))).code).to.equal('mask-not-found', String(id));
      expect((await codeOf(() => service.deleteMask(mask))).code).to.equal('mask-not-found', String(id));
      const upload = { annotationId: 1, groupId, uploadId: id as unknown as string };
      expect((await codeOf(() => service.renewUpload(upload))).code).to.equal('upload-not-found', String(id));
      expect((await codeOf(() => service.giveUpUpload(upload))).code).to.equal('upload-not-found', String(id));
      const at = { annotationId: id as number };
      expect((await codeOf(() => service.listMaskGroups(at))).code).to.equal('annotation-not-found', String(id));
    }
  });

  it('has its own upkeep, which ends with close', async () => {
    const other = createMaskUploadService({ knex: host.knex, storage: host.storage, onEvent: () => {} });
    await other.close();
    expect(await other.listMaskGroups({ annotationId: 3 })).to.deep.equal({ mask_groups: [], next_cursor: null });
  });
});
