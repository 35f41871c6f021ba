import { expect } from 'chai';
import { createMaskUploadMaintenance } from '../../src/index.js';
import { fileFor, maskPath, newGroup, startHost, type TestHost, upload } from '../support/host.js';
import { png } from '../support/png.js';

interface AuditRow {
  action: string;
  outcome: string;
  actor: string | null;
  remote_address: string | null;
  annotation_id: string | null;
  mask_group_id: string | null;
  details: Record<string, unknown>;
}

describe('the audit trail', () => {
  let host: TestHost;
  before(async () => {
    host = await startHost();
  });
  after(() => host.close());

  /** The rows written by `work`. */
  async function auditOf(work: () => Promise<unknown>): Promise<AuditRow[]> {
    const { rows } = await host.knex.raw('select coalesce(max(id), 0) as id from annotation_mask_audit');
    await work();
    return (await host.knex.raw('select * from annotation_mask_audit where id > ? order by id', [rows[0].id])).rows;
  }
  const by = (action: string, outcome = 'done') => ({
    action,
    outcome,
    actor: 'anna',
    remote_address: '127.0.0.1',
    annotation_id: '1',
  });

  it('tells who was given upload URLs, completed, was given download URLs, and deleted what: one row a call', async () => {
    const group = await newGroup(host);
    const id = group.split('/').at(-1);
    let masks: { id: number }[] = [];
    const signing = await auditOf(async () => {
      const uploads = await upload(host, group, [
        { bytes: png({ value: 1 }), file: { slice_index: 1 } },
        { bytes: png({ value: 2 }), file: { slice_index: 2 } },
      ]);
      const completing = await auditOf(async () => {
        const { body } = await host.api('POST', `${group}/complete`, {
          uploaded_files: uploads.map((one) => one.upload_id),
        });
        masks = body.masks;
      });
      expect(completing).to.have.length(1);
      expect(completing[0]).to.deep.include({ ...by('completed'), mask_group_id: id });
      expect(completing[0]?.details.mask_ids).to.have.members(masks.map((mask) => mask.id));
      expect(completing[0]?.details.replaced_mask_ids).to.deep.equal([]);
    });
    expect(signing[0]).to.deep.include({ ...by('upload-urls-issued'), mask_group_id: id });
    expect(signing[0]?.details.upload_ids).to.have.length(2);

    const mask = maskPath(group, masks[0]?.id ?? 0);
    const reads: [method: string, path: string][] = [
      ['POST', `${mask}/download-url`],
      ['GET', `${mask}/content`],
      ['GET', `${mask}?include=download_url`],
    ];
    for (const [method, path] of reads) {
      const rows = await auditOf(() => host.api(method, path));
      expect(rows, path).to.have.length(1);
      expect(rows[0]).to.deep.include({ ...by('download-urls-issued'), details: { mask_ids: [masks[0]?.id] } });
    }
    const listing = await auditOf(() => host.api('GET', `${group}/masks?include=download_url`));
    expect(listing.map((row) => row.details)).to.deep.equal([{ mask_ids: masks.map((one) => one.id) }]);
    expect(await auditOf(() => host.api('GET', `${group}/masks`))).to.deep.equal([]);

    const deleting = await auditOf(() => host.api('DELETE', mask));
    expect(deleting).to.have.length(1);
    expect(deleting[0]).to.deep.include({ ...by('mask-deleted'), details: { mask_ids: [masks[0]?.id] } });
    const ending = await auditOf(() => host.api('DELETE', group));
    expect(ending).to.have.length(1);
    expect(ending[0]).to.deep.include({ ...by('mask-group-deleted'), mask_group_id: id });
  });

  it('tells what was replaced, and what was refused', async () => {
    const group = await newGroup(host);
    const complete = async (value: number, replace: boolean) => {
      const [signed] = await upload(host, group, [{ bytes: png({ value }), file: { slice_index: 0 } }]);
      return auditOf(() => host.api('POST', `${group}/complete`, { uploaded_files: [signed?.file_path], replace }));
    };
    const [first] = await complete(1, false);
    const refused = await complete(2, false);
    expect(refused).to.have.length(1);
    expect(refused[0]).to.deep.include({ ...by('completed', 'slice-exists'), details: { failing_files: 1 } });
    const replaced = await complete(3, true);
    expect(replaced).to.have.length(1);
    expect(replaced[0]?.details.replaced_mask_ids).to.deep.equal(first?.details.mask_ids);
  });

  it('tells who was forbidden what, and nothing of those who are nobody', async () => {
    const rows = await auditOf(() => host.api('DELETE', '/annotations/1/mask-groups/1', undefined, { as: 'zoe' }));
    expect(rows).to.have.length(1);
    expect(rows[0]).to.deep.include({
      ...by('forbidden', 'forbidden'),
      actor: 'zoe',
      details: { action: 'delete', operation: 'deleteMaskGroup' },
    });
    expect(await auditOf(() => host.api('GET', '/annotations/1/mask-groups', undefined, { as: null }))).to.deep.equal(
      [],
    );
  });

  it("tells of masks that the host's own SQL deletes, without an actor", async () => {
    const group = await newGroup(host, {}, 3);
    const [signed] = await upload(host, group, [{ bytes: png() }]);
    const { body } = await host.api('POST', `${group}/complete`, { uploaded_files: [signed?.file_path] });
    const rows = await auditOf(() => host.knex.raw('delete from annotation_annotation where id = 3'));
    expect(rows).to.have.length(1);
    expect(rows[0]).to.deep.include({
      action: 'deleted',
      actor: null,
      mask_group_id: group.split('/').at(-1),
      details: { mask_ids: [body.masks[0].id] },
    });
  });

  it('is written with the change it tells of, or not at all', async () => {
    const group = await newGroup(host);
    await host.knex.raw('alter table annotation_mask_audit rename column action to other');
    try {
      const { status } = await host.api('POST', `${group}/signed-url`, fileFor(png()));
      expect(status).to.equal(500);
      expect((await host.api('DELETE', group)).status).to.equal(500);
    } finally {
      await host.knex.raw('alter table annotation_mask_audit rename column other to action');
    }
    expect((await host.api('GET', group)).body.stats.pending_uploads).to.equal(0);
  });

  it('holds no URL, token, file name or label', async () => {
    const group = await newGroup(host, { group_name: 'Telltale group' });
    const [signed] = await upload(host, group, [
      { bytes: png(), file: { filename: 'telltale.png', label_name: 'telltale' } },
    ]);
    await host.api('POST', `${group}/complete`, { uploaded_files: [signed?.file_path] });
    const { rows } = await host.knex.raw('select row_to_json(a)::text as row from annotation_mask_audit a');
    const text = rows.map((row: { row: string }) => row.row).join('\n');
    expect(text).to.not.match(/telltale|https?:|signature|bearer/i);
  });

  it('is kept for as long as the host says', async () => {
    const count = async () => Number((await host.knex.raw('select count(*) from annotation_mask_audit')).rows[0].count);
    await host.knex.raw(
      "insert into annotation_mask_audit (action, outcome, occurred_at) values ('old', 'done', now() - interval '31 days')",
    );
    const before = await count();
    const { knex, storage } = host;
    await createMaskUploadMaintenance({ knex, storage }).sweep();
    expect(await count()).to.equal(before);
    await createMaskUploadMaintenance({ knex, storage, auditRetentionDays: 30 }).sweep();
    expect(await count()).to.equal(before - 1);
  });
});
