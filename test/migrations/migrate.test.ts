import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { expect } from 'chai';
import knexPackage, { type Knex } from 'knex';
import { migrateMaskUpload, rollbackMaskUpload } from '../../src/index.js';
import { dropMultipart } from '../../src/migrations/0003-multipart.js';
import { sessionOn } from '../../src/repositories/database.js';
import { ownTables } from '../../src/repositories/schema.js';
import { createHostTable, type FreshDatabase, freshDatabase } from '../support/postgres.js';

describe('migrateMaskUpload', () => {
  let database: FreshDatabase;
  let knex: Knex;
  beforeEach(async () => {
    database = await freshDatabase();
    knex = database.knex;
  });
  afterEach(() => database.drop());

  const tables = async (schema = 'public') =>
    (await knex.raw('select tablename from pg_tables where schemaname = ? order by 1', [schema])).rows.map(
      (row: { tablename: string }) => row.tablename,
    );
  const OURS = [
    'annotation_mask',
    'annotation_mask_audit',
    'annotation_mask_deletion',
    'annotation_mask_group',
    'annotation_mask_installation',
    'annotation_mask_migration',
    'annotation_mask_migration_lock',
    'annotation_mask_upload',
  ];
  const fails = async (work: Promise<unknown>): Promise<string> =>
    work.then(
      () => 'nothing was thrown',
      (error: Error) => error.message,
    );

  it('creates its tables once, however often it is called', async () => {
    await createHostTable(knex);
    await migrateMaskUpload(knex);
    const [first] = (await knex.raw('select id from annotation_mask_installation')).rows;
    await migrateMaskUpload(knex);
    expect(await tables()).to.deep.equal(['annotation_annotation', ...OURS]);
    expect((await knex.raw('select id from annotation_mask_installation')).rows).to.deep.equal([first]);
    expect(first.id).to.match(/^[0-9a-f]{12}$/);
  });

  it('lets four processes migrate a fresh database at once', async function () {
    this.timeout(60_000);
    await createHostTable(knex);
    const script = `
      import knexPackage from 'knex';
      import { migrateMaskUpload } from './src/migrations/index.ts';
      const knex = knexPackage({ client: 'pg', connection: process.env.DATABASE });
      await knex.raw('select 1');
      process.send('ready');
      process.once('message', async () => { await migrateMaskUpload(knex); await knex.destroy(); process.disconnect(); });`;
    const children = Array.from({ length: 4 }, () =>
      spawn(process.execPath, ['--import=tsx', '--input-type=module', '-e', script], {
        env: { ...process.env, DATABASE: database.connectionString },
        stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      }),
    );
    const ends = children.map((child) => once(child, 'exit'));
    await Promise.all(children.map((child) => once(child, 'message')));
    for (const child of children) child.send('go');
    expect((await Promise.all(ends)).map(([code]) => code)).to.deep.equal([0, 0, 0, 0]);
    expect((await knex.raw('select name from annotation_mask_migration')).rows).to.have.length(3);
  });

  it('leaves the migrations of the host alone, before and after', async () => {
    await createHostTable(knex);
    const ran: string[] = [];
    const migrations = {
      getMigrations: async () => ['001_host', '002_host_calls_us', '003_host_later'],
      getMigrationName: (name: string) => name,
      getMigration: async (name: string) => ({
        up: async (trx: Knex) => {
          ran.push(name);
          if (name === '002_host_calls_us') await migrateMaskUpload(trx);
          await trx.raw('create table ?? (id int)', [name]);
        },
        down: async (trx: Knex) => {
          await trx.raw('drop table ??', [name]);
          if (name === '002_host_calls_us') await rollbackMaskUpload(trx);
        },
      }),
    };
    const hooks: string[] = [];
    const host = knexPackage({
      client: 'pg',
      connection: database.connectionString,
      migrations: {
        migrationSource: migrations,
        beforeEach: async () => void hooks.push('hook'),
      } as Knex.MigratorConfig,
    });
    try {
      await host.migrate.up();
      await migrateMaskUpload(host);
      expect(hooks, 'hooks of the host are not run for our migrations').to.have.length(1);
      await host.migrate.latest();
      expect((await host.migrate.list())[1]).to.deep.equal([]);
      await migrateMaskUpload(host);
      await host.migrate.rollback(undefined, true);
      expect(await tables()).to.deep.equal(['annotation_annotation', 'knex_migrations', 'knex_migrations_lock']);
      await host.migrate.latest();
      expect(ran).to.deep.equal([
        '001_host',
        '002_host_calls_us',
        '003_host_later',
        '001_host',
        '002_host_calls_us',
        '003_host_later',
      ]);
      expect(await tables()).to.include.members(OURS);
    } finally {
      await host.destroy();
    }
  });

  it('changes nothing when the transaction it is given is rolled back', async () => {
    await createHostTable(knex);
    await knex
      .transaction(async (trx) => {
        await migrateMaskUpload(trx);
        throw new Error('the host thinks better of it');
      })
      .catch(() => undefined);
    expect(await tables()).to.deep.equal(['annotation_annotation']);
  });

  it('says what to do when the host table cannot be found or pointed at', async () => {
    await createHostTable(knex);
    await knex.raw('create view a_view as select * from annotation_annotation');
    await knex.raw('create table composite (a int, b int, primary key (a, b))');
    await knex.raw('create table keyless (id int)');
    expect(await fails(migrateMaskUpload(knex, { hostTable: 'nowhere' }))).to.contain('nowhere does not exist');
    expect(await fails(migrateMaskUpload(knex, { hostSchema: 'nowhere' }))).to.contain('does not exist');
    expect(await fails(migrateMaskUpload(knex, { hostKeyColumn: 'nothing' }))).to.contain('no column nothing');
    expect(await fails(migrateMaskUpload(knex, { hostTable: 'a_view' }))).to.contain('not a table');
    expect(await fails(migrateMaskUpload(knex, { hostTable: 'composite', hostKeyColumn: 'a' }))).to.contain(
      'composite',
    );
    expect(await fails(migrateMaskUpload(knex, { hostTable: 'keyless' }))).to.contain('no unique index');
    expect(await tables()).to.not.include('annotation_mask');
  });

  it('says what is in the way of the lock or the rights it needs', async () => {
    await createHostTable(knex);
    const writer = await knex.transaction();
    await writer.raw('insert into annotation_annotation default values');
    expect(await fails(migrateMaskUpload(knex, { lockTimeoutMs: 300 }))).to.match(/lock on annotation_annotation/);
    await writer.rollback();

    const role = `limited_${Date.now()}`;
    await knex.raw(
      `create role ${role}; grant create, usage on schema public to ${role}; grant select on annotation_annotation to ${role}`,
    );
    await knex
      .transaction(async (trx) => {
        await trx.raw(`set local role ${role}`);
        expect(await fails(migrateMaskUpload(trx))).to.match(/GRANT REFERENCES ON annotation_annotation/);
        throw new Error('roll back');
      })
      .catch((error: Error) => {
        if (error.message !== 'roll back') throw error;
      });
    await knex.raw(`drop owned by ${role}; drop role ${role}`);
    await migrateMaskUpload(knex);
  });

  it('queues the objects when someone with no right on our tables deletes an annotation', async () => {
    await createHostTable(knex);
    await migrateMaskUpload(knex);
    await knex.raw('insert into annotation_mask_group (annotation_id) values (1)');
    await knex.raw("insert into annotation_mask (mask_group_id, file_path) values (1, 'a'), (1, 'b')");
    const role = `clerk_${Date.now()}`;
    await knex.raw(
      `create role ${role}; grant usage on schema public to ${role}; grant select, delete on annotation_annotation to ${role}`,
    );
    await knex.transaction(async (trx) => {
      await trx.raw(`set local role ${role}`);
      await trx.raw('delete from annotation_annotation where id = 1');
    });
    await knex.raw(`drop owned by ${role}; drop role ${role}`);
    const { rows } = await knex.raw('select file_path from annotation_mask_deletion order by 1');
    expect(rows).to.deep.equal([{ file_path: 'a' }, { file_path: 'b' }]);
  });

  it('rolls back to nothing, but not over masks, pending uploads or queued deletions unless forced', async () => {
    await createHostTable(knex);
    await rollbackMaskUpload(knex);
    await migrateMaskUpload(knex);
    await rollbackMaskUpload(knex);
    expect(await tables()).to.deep.equal(['annotation_annotation']);
    expect((await knex.raw("select proname from pg_proc where proname like 'annotation_mask%'")).rows).to.deep.equal(
      [],
    );

    await migrateMaskUpload(knex);
    await knex.raw('insert into annotation_mask_group (annotation_id) values (1)');
    await knex.raw("insert into annotation_mask (mask_group_id, file_path) values (1, 'a')");
    expect(await fails(rollbackMaskUpload(knex))).to.match(/masks/);
    await knex.raw('delete from annotation_mask_group');
    expect(await fails(rollbackMaskUpload(knex))).to.match(/deletions/);
    await rollbackMaskUpload(knex, { force: true });
    expect(await tables()).to.deep.equal(['annotation_annotation']);
  });

  it('brings the tables before uploads in parts up to date with what they hold, and back', async () => {
    const queue = async () =>
      (await knex.raw('select * from annotation_mask_deletion order by file_path')).rows.map(
        (row: { file_path: string; multipart?: boolean }) => [row.file_path, row.multipart],
      );
    const pending = (path: string, more: object = {}) =>
      knex('annotation_mask_upload').insert({
        ...{ id: randomUUID(), mask_group_id: 1, file_path: path, mime_type: 'image/png', file_size: 9, ...more },
        ...{ put_expires_at: knex.raw('now()'), expires_at: knex.raw('now()') },
      });
    await createHostTable(knex);
    await migrateMaskUpload(knex);
    await knex.transaction(async (trx) => {
      const session = sessionOn((sql, bindings) => trx.raw(sql, bindings));
      await dropMultipart(session, ownTables('public'), 'public');
      await trx.raw("delete from annotation_mask_migration where name = '0003_multipart'");
      await trx.raw('update annotation_mask_installation set schema_version = 2');
    });
    expect(Object.keys(await knex('annotation_mask_upload').columnInfo())).not.to.include('part_size');
    await knex.raw('insert into annotation_mask_group (annotation_id) values (1)');
    for (const path of ['kept', 'queued']) await pending(path);
    await knex('annotation_mask_upload').where({ file_path: 'queued' }).delete();
    expect(await queue()).to.deep.equal([['queued', undefined]]);

    for (let repeat = 0; repeat < 2; repeat++) await migrateMaskUpload(knex);
    const [installation] = (await knex.raw('select * from annotation_mask_installation')).rows;
    expect(installation).to.include({ schema_version: 3, compatible_from: 2 });
    const [kept] = await knex('annotation_mask_upload');
    expect(kept).to.include({ file_path: 'kept', part_size: null, store_upload_id: null });
    expect(await queue()).to.deep.equal([['queued', false]]);

    await pending('deleted in parts', { part_size: 5 });
    await knex('annotation_mask_upload').delete();
    await pending('truncated in parts', { part_size: 5 });
    await pending('truncated');
    // queued twice: a mark once made stays
    await pending('deleted in parts');
    await knex.raw('truncate annotation_mask_upload');
    await knex('annotation_mask').insert({ mask_group_id: 1, file_path: 'mask' });
    await knex('annotation_mask').delete();
    expect(await queue()).to.deep.equal([
      ['deleted in parts', true],
      ['kept', false],
      ['mask', false],
      ['queued', false],
      ['truncated', false],
      ['truncated in parts', true],
    ]);
    await rollbackMaskUpload(knex, { force: true });
    expect(await tables()).to.deep.equal(['annotation_annotation']);
  });

  it('leaves a schema alone that newer code has made', async () => {
    await createHostTable(knex);
    await migrateMaskUpload(knex);
    await knex.raw('update annotation_mask_installation set schema_version = 99');
    await knex.raw("insert into annotation_mask_migration (name) values ('0099_from_the_future')");
    await migrateMaskUpload(knex);
    expect((await knex.raw('select schema_version from annotation_mask_installation')).rows).to.deep.equal([
      { schema_version: 99 },
    ]);
  });

  it('takes the type of created_by as an option', async () => {
    await createHostTable(knex);
    await migrateMaskUpload(knex, { createdByType: 'integer' });
    const info = await knex('annotation_mask_group').columnInfo('created_by');
    expect(info).to.include({ type: 'integer' });
  });
});
