import { expect } from 'chai';
import type { Knex } from 'knex';
import { migrateMaskUpload } from '../../src/index.js';
import { startHost } from '../support/host.js';
import { type FreshDatabase, freshDatabase } from '../support/postgres.js';

/** The two tables exactly as sites made them by hand. */
const HAND_MADE = `
CREATE TABLE annotation_mask_group (id SERIAL PRIMARY KEY, annotation_id INTEGER NOT NULL REFERENCES annotation_annotation(id) ON DELETE CASCADE, group_name TEXT, model_name TEXT, version TEXT, modality TEXT, slice_count INTEGER DEFAULT 1, mask_type TEXT DEFAULT 'segmentation', description TEXT, created_by INTEGER, created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP);
CREATE TABLE annotation_mask (id SERIAL PRIMARY KEY, mask_group_id INTEGER NOT NULL REFERENCES annotation_mask_group(id) ON DELETE CASCADE, slice_index INTEGER, sop_instance_uid TEXT, label_name TEXT, file_path TEXT NOT NULL, mime_type TEXT DEFAULT 'image/png', file_size BIGINT, checksum TEXT, width INTEGER, height INTEGER, created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP);
CREATE INDEX idx_mask_group_annotation_id ON annotation_mask_group(annotation_id);
CREATE INDEX idx_mask_mask_group_id ON annotation_mask(mask_group_id);`;

describe('adopting tables that a site made by hand', () => {
  let database: FreshDatabase;
  let knex: Knex;
  beforeEach(async () => {
    database = await freshDatabase();
    knex = database.knex;
    await knex.raw('create table annotation_annotation (id serial primary key, name text)');
    await knex.raw("insert into annotation_annotation (name) values ('one'), ('two')");
    await knex.raw(HAND_MADE);
  });
  afterEach(() => database.drop());

  const rows = async (sql: string) => (await knex.raw(sql)).rows;

  it('keeps every row and serves it', async () => {
    await knex.raw(`
      set local time zone 'UTC';
      insert into annotation_mask_group (annotation_id, group_name, modality, slice_count, created_by, created_at)
        values (1, 'old liver', 'CT', 2, 42, '2024-05-01 12:00:00.123456'), (2, null, null, null, null, null);
      insert into annotation_mask (mask_group_id, slice_index, label_name, file_path, mime_type, file_size, checksum, created_at)
        values (1, 0, 'liver', 'masks/1/0.png', 'image/png', 10, 'abc', '2024-05-01 12:00:01'),
               (1, 1, 'liver', 'masks/1/1.png', null, null, null, null),
               (1, null, null, 'volumes/1.nii', 'application/x-nifti', 5000000000, null, '2024-05-01 12:00:01');`);
    await migrateMaskUpload(knex);
    const host = await startHost({ database, prepared: true });
    try {
      const groups = await host.api('GET', '/annotations/1/mask-groups');
      expect(groups.body.mask_groups).to.have.length(1);
      expect(groups.body.mask_groups[0]).to.deep.include({
        id: 1,
        group_name: 'old liver',
        created_by: 42,
        created_at: '2024-05-01T12:00:00.123Z',
        updated_at: '2024-05-01T12:00:00.123Z',
        status: 'complete',
        mask_count: 3,
        total_bytes: 5_000_000_010,
      });
      const filled = await host.api('GET', '/annotations/2/mask-groups/2');
      expect(filled.body).to.include({ slice_count: 1, mask_type: 'segmentation' });
      const masks = await host.api('GET', '/annotations/1/mask-groups/1/masks');
      expect(masks.body.masks.map((mask: { file_path: string }) => mask.file_path)).to.deep.equal([
        'masks/1/0.png',
        'masks/1/1.png',
        'volumes/1.nii',
      ]);
      expect(masks.body.masks[1]).to.include({ mime_type: 'image/png', checksum: null, file_size: null });

      const created = await host.api('POST', '/annotations/1/mask-groups', {}, { as: 'anna' }).catch(() => undefined);
      // created_by stays an integer here, which the name of this host's user is not
      expect(created?.status).to.equal(500);
    } finally {
      await host.close();
    }
  });

  it('goes on counting ids where the site was', async () => {
    await knex.raw('insert into annotation_mask_group (id, annotation_id) values (1, 1), (7, 1)');
    await knex.raw("select setval('annotation_mask_group_id_seq', 20)");
    await migrateMaskUpload(knex);
    await knex.raw('insert into annotation_mask_group (annotation_id) values (1)');
    expect(await rows('select max(id)::int as id from annotation_mask_group')).to.deep.equal([{ id: 21 }]);
  });

  it('gives the tables the very shape of fresh ones', async () => {
    const fresh = await freshDatabase();
    try {
      await fresh.knex.raw('create table annotation_annotation (id serial primary key, name text)');
      await migrateMaskUpload(fresh.knex, { createdByType: 'integer' });
      await migrateMaskUpload(knex);
      expect(await shape(knex)).to.deep.equal(await shape(fresh.knex));
    } finally {
      await fresh.drop();
    }
  });

  it('queues the objects of deleted rows like any other', async () => {
    await knex.raw('insert into annotation_mask_group (annotation_id) values (1)');
    await knex.raw("insert into annotation_mask (mask_group_id, file_path) values (1, 'masks/1.png')");
    await migrateMaskUpload(knex);
    await knex.raw('delete from annotation_annotation');
    expect(await rows('select file_path from annotation_mask_deletion')).to.deep.equal([{ file_path: 'masks/1.png' }]);
  });

  const obstacles: [what: string, sql: string, says: RegExp][] = [
    [
      'two rows of the same file',
      "insert into annotation_mask (mask_group_id, file_path) values (1, 'same'), (1, 'same')",
      /same file_path as another row: ids \(1, 2\)/,
    ],
    [
      'two rows of the same slice and label',
      "insert into annotation_mask (mask_group_id, slice_index, file_path) values (1, 3, 'a'), (1, 3, 'b')",
      /same group, slice and label as another row: ids \(1, 2\)/,
    ],
    [
      'a negative slice',
      "insert into annotation_mask (mask_group_id, slice_index, file_path) values (1, -1, 'a')",
      /negative slice_index: ids \(1\)/,
    ],
    ['a slice count of nothing', 'update annotation_mask_group set slice_count = 0', /slice_count below 1: ids \(1\)/],
    [
      'a column of another type',
      'alter table annotation_mask alter column width type text',
      /annotation_mask\.width is text; adopting the table needs integer/,
    ],
    [
      'a foreign key that does not cascade',
      `alter table annotation_mask drop constraint annotation_mask_mask_group_id_fkey;
       alter table annotation_mask add foreign key (mask_group_id) references annotation_mask_group (id)`,
      /annotation_mask_mask_group_id_fkey.*Drop it/,
    ],
  ];
  for (const [what, sql, says] of obstacles) {
    it(`says what stands in the way and changes nothing: ${what}`, async () => {
      await knex.raw('insert into annotation_mask_group (annotation_id) values (1)');
      await knex.raw(sql);
      const before = await shape(knex);
      const message = await migrateMaskUpload(knex).then(
        () => 'nothing',
        (error: Error) => error.message,
      );
      expect(message).to.match(says);
      expect(await shape(knex)).to.deep.equal(before);
    });
  }
});

/** Columns, constraints, indexes (but for the site's own two) and triggers of the two tables, in words. */
async function shape(knex: Knex): Promise<unknown> {
  const { rows } = await knex.raw(`
    select 'column' as kind, c.relname || '.' || a.attname as name,
           concat_ws(' ', format_type(a.atttypid, a.atttypmod), co.collname, case when a.attnotnull then 'not null' end,
                     pg_get_expr(d.adbin, d.adrelid), a.attidentity) as definition
    from pg_attribute a join pg_class c on c.oid = a.attrelid
    left join pg_collation co on co.oid = a.attcollation
    left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
    where c.relname in ('annotation_mask', 'annotation_mask_group') and a.attnum > 0 and not a.attisdropped
    union all
    select 'constraint', conname, pg_get_constraintdef(oid) from pg_constraint
    where conrelid::regclass::text in ('annotation_mask', 'annotation_mask_group') and contype <> 'n'
    union all
    select 'index', indexname, indexdef from pg_indexes
    where tablename in ('annotation_mask', 'annotation_mask_group') and indexname not like 'idx_mask_%'
    union all
    select 'trigger', tgname, pg_get_triggerdef(oid) from pg_trigger
    where tgrelid::regclass::text in ('annotation_mask', 'annotation_mask_group') and not tgisinternal
    order by 1, 2, 3`);
  return rows;
}
