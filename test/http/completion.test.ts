import { PutObjectCommand } from '@aws-sdk/client-s3';
import { expect } from 'chai';
import type { Mask, SignedPut } from '../../src/index.js';
import { fileFor, maskPath, newGroup, put, sha256, startHost, type TestHost, upload } from '../support/host.js';
import { volume } from '../support/nifti.js';
import { png } from '../support/png.js';
import { waitFor } from '../support/wait.js';

describe('completing uploads', () => {
  let host: TestHost;
  before(async () => {
    host = await startHost({ store: 's3' });
  });
  after(() => host.close());

  const complete = (group: string, body: object) => host.api('POST', `${group}/complete`, body);
  const rowsOf = async (table: string) => (await host.knex.raw(`select * from annotation_mask${table}`)).rows;
  const queued = async () => (await rowsOf('_deletion')).map((row: { file_path: string }) => row.file_path);

  /** Signs one file and stores whatever is wanted under its key, as a store that checks nothing would let a client. */
  async function stored(group: string, file: object, bytes: Buffer, contentType = 'image/png'): Promise<SignedPut> {
    const { body } = await host.api('POST', `${group}/signed-url`, file);
    const Bucket = host.bucket?.name;
    await host.bucket?.client.send(
      new PutObjectCommand({ Bucket, Key: body.file_path, Body: bytes, ContentType: contentType }),
    );
    return body;
  }

  const uploadSlices = (group: string, count: number) =>
    upload(
      host,
      group,
      Array.from({ length: count }, (_, value) => ({
        bytes: png({ value }),
        file: { slice_index: value, label_name: 'liver' },
      })),
    );

  describe('of what a store that checks nothing has let through', () => {
    const good = png({ value: 1 });
    const other = png({ value: 2 });
    const cut = good.subarray(0, good.length - 12);
    const html = Buffer.from('<html><script>alert(1)</script></html>');
    const cases: [what: string, code: string, file: object, bytes: Buffer, type?: string][] = [
      ['other bytes of the same length', 'checksum-mismatch', fileFor(good), other],
      ['fewer bytes', 'size-mismatch', fileFor(good), cut],
      ['more bytes', 'size-mismatch', fileFor(good), Buffer.concat([good, good])],
      ['another content type', 'content-mismatch', fileFor(good), good, 'text/html'],
      ['HTML that was promised as PNG', 'content-mismatch', fileFor(html), html],
      ['a PNG cut short that was promised like this', 'content-mismatch', fileFor(cut), cut],
      ['another width than was promised', 'content-mismatch', fileFor(good, { width: 65 }), good],
      [
        'a text that was promised as DICOM',
        'content-mismatch',
        { ...fileFor(html), mime_type: 'application/dicom' },
        html,
        'application/dicom',
      ],
      [
        'a PNG that was promised as gzip',
        'content-mismatch',
        { ...fileFor(good), mime_type: 'application/x-nrrd', content_encoding: 'gzip' },
        good,
        'application/x-nrrd',
      ],
    ];
    for (const [what, code, file, bytes, type] of cases) {
      it(`refuses ${what}, records nothing, and deletes the object`, async () => {
        const group = await newGroup(host);
        const signed = await stored(group, file, bytes, type);
        const masksBefore = (await rowsOf('')).length;
        for (const attempt of ['first', 'second']) {
          const { status, body } = await complete(group, { uploaded_files: [signed.file_path] });
          expect([status, body.code], attempt).to.deep.equal([409, code]);
          expect(body.errors[0]).to.include({ path: '/uploaded_files/0', code });
        }
        expect(await rowsOf('')).to.have.length(masksBefore);
        expect(await queued()).to.include(signed.file_path);
        await waitFor(async () => !(await host.keys()).includes(signed.file_path), { message: 'the object to go' });
      });
    }
  });

  it('records all files of a call or none, with a reason for each that fails', async () => {
    const group = await newGroup(host);
    const [first, second] = await upload(host, group, [
      { bytes: png({ value: 1 }), file: { slice_index: 1 } },
      { bytes: png({ value: 2 }), file: { slice_index: 2 } },
    ]);
    const { body: missing } = await host.api(
      'POST',
      `${group}/signed-url`,
      fileFor(png({ value: 3 }), { slice_index: 3 }),
    );
    const bad = await stored(group, fileFor(png({ value: 4 }), { slice_index: 4 }), png({ value: 5 }));
    const never = 'mask/000000000000/1/00000000-0000-7000-8000-000000000000.png';

    const uploaded_files = [first?.file_path, missing.upload_id, never, second?.upload_id, bad.file_path];
    const { status, body } = await complete(group, { uploaded_files });
    expect([status, body.code]).to.deep.equal([409, 'upload-missing']);
    expect(body.errors.map((error: { path: string; code: string }) => [error.path, error.code])).to.deep.equal([
      ['/uploaded_files/1', 'upload-missing'],
      ['/uploaded_files/2', 'upload-not-found'],
      ['/uploaded_files/4', 'checksum-mismatch'],
    ]);
    expect((await host.api('GET', group)).body.mask_count).to.equal(0);

    expect(await put(missing, png({ value: 3 }))).to.equal(200);
    const again = await complete(group, { uploaded_files: [first?.file_path, missing.upload_id, second?.upload_id] });
    expect(again.status).to.equal(200);
    expect(again.body.masks.map((mask: Mask) => mask.slice_index)).to.deep.equal([1, 3, 2]);
  });

  it('gives the same masks when it is repeated, by key or by upload id', async () => {
    const group = await newGroup(host);
    const signed = await upload(host, group, [
      { bytes: png({ value: 1 }), file: { slice_index: 0 } },
      { bytes: png({ value: 2 }) },
    ]);
    const byKey = await complete(group, { uploaded_files: signed.map((one) => one.file_path) });
    const byId = await complete(group, { uploaded_files: signed.map((one) => one.upload_id), slice_count: 1 });
    expect(byId.body).to.deep.equal(byKey.body);
    expect(
      await rowsOf('').then((rows) => rows.filter((row: Mask) => row.file_path === signed[0]?.file_path)),
    ).to.have.length(1);
  });

  it('gives fifty callers at once the same answer and one set of rows', async () => {
    const group = await newGroup(host, { slice_count: 100 });
    const keys = (await uploadSlices(group, 100)).map((one) => one.file_path);
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, turn) =>
        complete(group, { uploaded_files: turn % 2 ? keys : [...keys].reverse(), slice_count: 100 }),
      ),
    );
    expect(new Set(answers.map((answer) => answer.status))).to.deep.equal(new Set([200]));
    const sorted = answers.map(({ body }) => JSON.stringify(body.masks.sort((a: Mask, b: Mask) => a.id - b.id)));
    expect(new Set(sorted).size).to.equal(1);
    expect((await host.api('GET', group)).body).to.include({ mask_count: 100, status: 'complete' });
    expect(await queued()).to.not.include.members(keys);
  });

  it('records every slice once when completions overlap in different orders', async () => {
    const group = await newGroup(host, { slice_count: 40 });
    const keys = (await uploadSlices(group, 40)).map((one) => one.file_path);
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, turn) => {
        const part = [...keys.slice((turn * 7) % 40), ...keys.slice(0, (turn * 7) % 40)].slice(0, 25);
        return complete(group, { uploaded_files: turn % 2 ? part : part.reverse() });
      }),
    );
    expect(answers.map((answer) => answer.status)).to.deep.equal(answers.map(() => 200));
    const { body } = await host.api('GET', `${group}/masks`);
    expect(body.masks.map((mask: Mask) => mask.slice_index)).to.deep.equal(
      Array.from({ length: 40 }, (_, index) => index),
    );
  });

  it('refuses a slice and label that the group has, unless it is told to replace them', async () => {
    const group = await newGroup(host);
    const slice = { slice_index: 5, label_name: 'spleen' };
    const [old] = await upload(host, group, [{ bytes: png({ value: 1 }), file: slice }]);
    const { body: before } = await complete(group, { uploaded_files: [old?.file_path] });
    const [fresh, otherLabel] = await upload(host, group, [
      { bytes: png({ value: 2 }), file: slice },
      { bytes: png({ value: 3 }), file: { slice_index: 5, label_name: 'liver' } },
    ]);
    const refused = await complete(group, { uploaded_files: [otherLabel?.file_path, fresh?.file_path] });
    expect([refused.status, refused.body.code]).to.deep.equal([409, 'slice-exists']);
    expect(refused.body.errors[0].path).to.equal('/uploaded_files/1');
    expect((await host.api('GET', group)).body.mask_count).to.equal(1);
    expect(await queued()).to.not.include(fresh?.file_path);

    const replaced = await complete(group, {
      uploaded_files: [otherLabel?.file_path, fresh?.file_path],
      replace: true,
    });
    expect(replaced.status).to.equal(200);
    expect(replaced.body.masks[1].checksum).to.equal(sha256(png({ value: 2 })));
    expect((await host.api('GET', maskPath(group, before.masks[0].id))).status).to.equal(404);
    const gone = await complete(group, { uploaded_files: [old?.file_path] });
    expect([gone.status, gone.body.code]).to.deep.equal([404, 'upload-not-found']);
    await waitFor(async () => !(await host.keys()).includes(old?.file_path ?? ''), { message: 'the old object to go' });
    expect(await host.keys()).to.include(fresh?.file_path);

    const repeated = await complete(group, {
      uploaded_files: [otherLabel?.file_path, fresh?.file_path],
      replace: true,
    });
    expect(repeated.body).to.deep.equal(replaced.body);
  });

  it('refuses two files of one call for the same slice and label, also with replace', async () => {
    const group = await newGroup(host);
    const [one] = await upload(host, group, [{ bytes: png({ value: 1 }), file: { slice_index: 0 } }]);
    const [two] = await upload(host, group, [{ bytes: png({ value: 2 }), file: { slice_index: 0 } }]);
    for (const replace of [false, true]) {
      const { status, body } = await complete(group, { uploaded_files: [one?.file_path, two?.file_path], replace });
      expect([status, body.code, body.errors.length]).to.deep.equal([409, 'slice-exists', 1]);
    }
    expect((await host.api('GET', group)).body.mask_count).to.equal(0);
  });

  it('refuses a slice index with two SOP Instance UIDs', async () => {
    const group = await newGroup(host);
    const [first, second] = await upload(host, group, [
      { bytes: png({ value: 1 }), file: { slice_index: 0, sop_instance_uid: '1.2.3.1', label_name: 'liver' } },
      { bytes: png({ value: 2 }), file: { slice_index: 0, sop_instance_uid: '1.2.3.2', label_name: 'spleen' } },
    ]);
    expect((await complete(group, { uploaded_files: [first?.file_path] })).status).to.equal(200);
    const { status, body } = await complete(group, { uploaded_files: [second?.file_path] });
    expect([status, body.code, body.errors[0].path]).to.deep.equal([409, 'slice-uid-mismatch', '/uploaded_files/0']);
    expect((await host.api('GET', group)).body.mask_count).to.equal(1);
  });

  it('compares slice_count and labels with what the group holds afterwards', async () => {
    const group = await newGroup(host, { slice_count: 2 });
    const signed = await upload(host, group, [
      { bytes: png({ value: 1 }), file: { slice_index: 0, label_name: 'liver' } },
      { bytes: png({ value: 2 }), file: { slice_index: 0, label_name: 'spleen' } },
    ]);
    const uploaded_files = signed.map((one) => one.file_path);
    const wrongCount = await complete(group, { uploaded_files, slice_count: 2 });
    expect([wrongCount.status, wrongCount.body.code]).to.deep.equal([409, 'slice-count-mismatch']);
    expect(wrongCount.body.errors[0].path).to.equal('/slice_count');
    for (const labels of [['liver'], ['liver', 'kidney'], ['liver', 'spleen', 'kidney'], []]) {
      const { status, body } = await complete(group, { uploaded_files, labels });
      expect([status, body.code]).to.deep.equal([409, 'labels-mismatch']);
    }
    expect((await host.api('GET', group)).body.mask_count).to.equal(0);
    const right = await complete(group, { uploaded_files, slice_count: 1, labels: ['spleen', 'liver'] });
    expect([right.status, right.body.status]).to.deep.equal([200, 'uploading']);
  });

  it('takes any number of volumes, and holds a group with one for complete', async () => {
    const group = await newGroup(host, { slice_count: 120 });
    const nifti = volume(352 + 4096);
    const signed = await upload(host, group, [
      { bytes: nifti, file: { mime_type: 'application/x-nifti', filename: 'liver.nii' } },
      { bytes: nifti, file: { mime_type: 'application/x-nifti', filename: 'liver.nii' } },
    ]);
    expect(signed[0]?.file_path).to.match(/\.nii$/);
    const { status, body } = await complete(group, {
      uploaded_files: signed.map((one) => one.file_path),
      slice_count: 120,
    });
    expect([status, body.status, body.processed_masks]).to.deep.equal([200, 'complete', 2]);
  });

  it('verifies an object of 20 MB by what the store attests, or by reading it', async () => {
    const group = await newGroup(host);
    const big = Buffer.concat([png({ value: 9 }).subarray(0, 33), Buffer.alloc(20 * 2 ** 20, 7), png().subarray(-12)]);
    const attested = fileFor(big);
    const { checksum: _, ...claimed } = attested;
    for (const file of [attested, claimed]) {
      const { body: signed } = await host.api('POST', `${group}/signed-url`, file);
      expect(await put(signed, big)).to.equal(200);
      const { status, body } = await complete(group, { uploaded_files: [signed.file_path] });
      expect([status, body.masks?.[0].checksum]).to.deep.equal([200, sha256(big)]);
    }
  });
});
