import { randomBytes } from 'node:crypto';
import type { Knex } from 'knex';
import { type Session, sessionOn } from '../repositories/database.js';
import {
  findHostTable,
  type HostTable,
  ownTables,
  quoteIdentifier,
  SCHEMA_VERSION,
  type Tables,
} from '../repositories/schema.js';
import { createTables, dropTables } from './0001-tables.js';
import { createDeletionTriggers, dropDeletionTriggers } from './0002-deletion-triggers.js';
import { addMultipart, dropMultipart } from './0003-multipart.js';
import type { MigrateOptions, MigrationOptions } from './types.js';

export type { MigrateOptions } from './types.js';

interface MaskUploadMigration {
  name: string;
  /** Code that does not know this migration must stop working on the tables. */
  breaking: boolean;
  up(session: Session): Promise<void>;
  down(session: Session): Promise<void>;
}

/** In order; names never change once released. The length of this list is the schema's version. */
function migrations(tables: Tables, host: HostTable, options: MigrationOptions): MaskUploadMigration[] {
  return [
    {
      name: '0001_tables',
      breaking: true,
      up: (session) => createTables(session, tables, host, options),
      down: (session) => dropTables(session, tables),
    },
    {
      name: '0002_deletion_triggers',
      breaking: true,
      up: (session) => createDeletionTriggers(session, tables, host.ownSchema),
      down: (session) => dropDeletionTriggers(session, tables, host.ownSchema),
    },
    {
      name: '0003_multipart',
      breaking: false,
      up: (session) => addMultipart(session, tables, host.ownSchema),
      down: (session) => dropMultipart(session, tables, host.ownSchema),
    },
  ];
}

/** A table of our own: in the host's `knex_migrations` our names would be "missing files" to the host. */
const MIGRATION_TABLE = 'annotation_mask_migration';

/** The transaction-level advisory lock that makes processes migrate one after the other. */
const LOCK = "hashtextextended('pacs-mask-upload.migrate', 0)";

/**
 * Creates or updates the package's tables, in one transaction. Safe to call from many processes at once and at every
 * start. Call it at start-up with the knex instance, or from one of the host's migrations with its transaction.
 *
 * Tables `annotation_mask_group` and `annotation_mask` that a site already made by hand are adopted with their rows;
 * timestamps without time zone are read in the session's TimeZone.
 *
 * @throws Error that says what to do: the host's table or key is not found, a right is missing, a lock was not to be
 *   had in time, or rows stand in the way. Nothing is changed then.
 */
export async function migrateMaskUpload(knex: Knex, options: MigrateOptions = {}): Promise<void> {
  await inMigration(knex, options, async (session, host, migrator) => {
    const tables = ownTables(host.ownSchema);
    const list = migrations(tables, host, {
      createdByType: options.createdByType ?? 'text',
      newInstallationId: () => randomBytes(6).toString('hex'),
    });
    const current = await currentVersion(session, host, tables);
    if (current > list.length) return; // a rolling deployment: newer code has been here already
    await migrator(list).latest();
    await session.execute(`UPDATE ${tables.installation} SET schema_version = ?, compatible_from = ?`, [
      SCHEMA_VERSION,
      list.findLastIndex((migration) => migration.breaking) + 1,
    ]);
  });
}

/**
 * Drops the package's tables, triggers and functions.
 * @throws Error while masks, pending uploads or queued deletions exist, unless `force`: their objects would be orphaned.
 */
export async function rollbackMaskUpload(
  knex: Knex,
  options: MigrateOptions & { force?: boolean } = {},
): Promise<void> {
  await inMigration(knex, options, async (session, host, migrator) => {
    const tables = ownTables(host.ownSchema);
    if ((await currentVersion(session, host, tables)) === 0) return;
    await session.execute(`LOCK TABLE ${tables.group}, ${tables.mask}, ${tables.upload}, ${tables.deletion}`);
    const [left] = await session.rows<{ masks: boolean; uploads: boolean; deletions: boolean }>(
      `SELECT EXISTS (SELECT FROM ${tables.mask}) AS masks, EXISTS (SELECT FROM ${tables.upload}) AS uploads,
              EXISTS (SELECT FROM ${tables.deletion}) AS deletions`,
    );
    const kept = Object.entries(left ?? {}).flatMap(([what, exists]) => (exists ? [what] : []));
    if (kept.length > 0 && !options.force) {
      throw new Error(
        `Rolling back would lose rows (${kept.join(', ')}) and orphan their objects. ` +
          'Delete the groups and let the deletion queue run empty, or pass { force: true }.',
      );
    }
    const list = migrations(tables, host, { createdByType: 'text', newInstallationId: () => '' });
    await migrator(list).rollback();
    const schema = quoteIdentifier(host.ownSchema);
    await session.execute(`DROP TABLE ${schema}.${MIGRATION_TABLE}, ${schema}.${MIGRATION_TABLE}_lock`);
  });
}

interface Migrator {
  latest(): Promise<unknown>;
  rollback(): Promise<unknown>;
}

const SILENT = { warn() {}, error() {}, deprecate() {}, debug() {} };

async function inMigration(
  knex: Knex,
  options: MigrateOptions,
  work: (session: Session, host: HostTable, migrator: (list: MaskUploadMigration[]) => Migrator) => Promise<void>,
): Promise<void> {
  const lockTimeoutMs = options.lockTimeoutMs ?? 30_000;
  try {
    await knex.transaction(async (trx) => {
      // What fails here is thrown, in words; knex would also print it.
      trx.client.logger = SILENT;
      // This transaction's own copy of the configuration: nothing of the host's is renamed, hooked or changed.
      trx.client.config = {
        ...trx.client.config,
        migrations: {},
        wrapIdentifier: undefined,
        postProcessResponse: undefined,
      };
      // the migrator leaves marks here, in what is otherwise the host's own object
      trx.userParams = {};
      const session = sessionOn((sql, bindings) => trx.raw(sql, bindings));
      await session.execute(`SET LOCAL lock_timeout = ${Math.ceil(lockTimeoutMs)}`);
      await session.execute('SET LOCAL synchronous_commit = on');
      await takeLock(session, lockTimeoutMs);
      const host = await findHostTable(session, options);
      await work(session, host, (list) => {
        const config = {
          migrationSource: migrationSource(list),
          tableName: MIGRATION_TABLE,
          schemaName: host.ownSchema,
          disableTransactions: true,
        };
        return { latest: () => trx.migrate.latest(config), rollback: () => trx.migrate.rollback(config, true) };
      });
    });
  } catch (error) {
    throw explain(error, options);
  }
}

function migrationSource(list: MaskUploadMigration[]): Knex.MigrationSource<MaskUploadMigration> {
  return {
    getMigrations: async () => list,
    getMigrationName: (migration) => migration.name,
    getMigration: async ({ up, down }) => ({
      up: (trx) => up(sessionOn((sql, bindings) => trx.raw(sql, bindings))),
      down: (trx) => down(sessionOn((sql, bindings) => trx.raw(sql, bindings))),
    }),
  };
}

/** Polls: a blocking advisory lock can deadlock, unnoticed, with somebody's CREATE INDEX CONCURRENTLY. */
async function takeLock(session: Session, timeoutMs: number): Promise<void> {
  const giveUpAt = Date.now() + timeoutMs;
  for (;;) {
    const [lock] = await session.rows<{ taken: boolean }>(`SELECT pg_try_advisory_xact_lock(${LOCK}) AS taken`);
    if (lock?.taken) return;
    if (Date.now() > giveUpAt)
      throw new Error('Another process has been migrating for too long. Try again when it is done.');
    await new Promise((resolve) => setTimeout(resolve, 50 + 50 * Math.random()));
  }
}

/** The version the tables have now; 0 when there are none. */
async function currentVersion(session: Session, host: HostTable, tables: Tables): Promise<number> {
  const [exists] = await session.rows(
    `SELECT FROM pg_tables WHERE schemaname = ? AND tablename = 'annotation_mask_installation'`,
    [host.ownSchema],
  );
  if (!exists) return 0;
  const [row] = await session.rows<{ schema_version: number }>(`SELECT schema_version FROM ${tables.installation}`);
  return row?.schema_version ?? 0;
}

function explain(error: unknown, options: MigrateOptions): unknown {
  const { code } = (error ?? {}) as { code?: unknown };
  const host = options.hostTable ?? 'annotation_annotation';
  if (code === '55P03') {
    return new Error(
      `A lock on ${host} was not to be had in time: another transaction is writing to it. Migrate again when it is quiet.`,
      { cause: error },
    );
  }
  if (code === '42501') {
    return new Error(
      `This database role lacks a right that migrating needs: CREATE on the schema, and REFERENCES on ${host} ` +
        `(GRANT REFERENCES ON ${host} TO …), and ownership of tables to adopt.`,
      { cause: error },
    );
  }
  return error;
}
