import { randomBytes } from 'node:crypto';
import knexPackage, { type Knex } from 'knex';

export interface FreshDatabase {
  connectionString: string;
  /** A pool of its own on the database; `drop` ends it. */
  knex: Knex;
  drop(): Promise<void>;
}

/** A new, empty database on the server of `TEST_DATABASE_URL`. */
export async function freshDatabase({ poolSize = 10 } = {}): Promise<FreshDatabase> {
  const server = process.env.TEST_DATABASE_URL;
  if (!server) throw new Error('TEST_DATABASE_URL is not set: run mocha with its configuration, or set it');
  const name = `mask_upload_test_${randomBytes(6).toString('hex')}`;
  await withServer(server, (admin) => admin.raw('create database ??', [name]));

  const url = new URL(server);
  url.pathname = `/${name}`;
  const connectionString = url.href;
  const knex = knexPackage({ client: 'pg', connection: connectionString, pool: { min: 0, max: poolSize } });
  return {
    connectionString,
    knex,
    async drop() {
      await knex.destroy();
      await withServer(server, (admin) => admin.raw('drop database if exists ?? with (force)', [name]));
    },
  };
}

/** The same database, reached through another port: the one of a `tcpProxy`. */
export function throughPort(connectionString: string, port: number): string {
  const url = new URL(connectionString);
  url.hostname = '127.0.0.1';
  url.port = String(port);
  return url.href;
}

/** The port a connection string points at. */
export function portOf(connectionString: string): number {
  return Number(new URL(connectionString).port || 5432);
}

async function withServer(connection: string, work: (admin: Knex) => PromiseLike<unknown>): Promise<void> {
  const admin = knexPackage({ client: 'pg', connection, pool: { min: 0, max: 1 } });
  try {
    await work(admin);
  } finally {
    await admin.destroy();
  }
}

/** For each type of key: the column's definition and the keys of three rows, as PostgreSQL prints them. */
const KEYS = {
  integer: { definition: 'serial', keys: ['1', '2', '3'] },
  bigint: { definition: 'bigserial', keys: ['1', '2', '9007199254740993'] },
  uuid: {
    definition: 'uuid default gen_random_uuid()',
    keys: [
      '0d9f8f0e-52a1-4a0b-8f4e-0c5f6a3b1d01',
      '0d9f8f0e-52a1-4a0b-8f4e-0c5f6a3b1d02',
      '0d9f8f0e-52a1-4a0b-8f4e-0c5f6a3b1d03',
    ],
  },
  text: { definition: 'text', keys: ['study-1', 'study-2', 'Studie 3/ü'] },
} as const;

export type HostKeyType = keyof typeof KEYS;

export interface HostTable {
  schema: string;
  table: string;
  column: string;
  /** The keys of its three rows, as PostgreSQL prints them. */
  keys: readonly [string, string, string];
}

/** The host's own table of annotations, with three rows. By default `public.annotation_annotation(id serial, …)`. */
export async function createHostTable(
  knex: Knex,
  {
    keyType = 'integer',
    schema = 'public',
    table = 'annotation_annotation',
    column = 'id',
  }: { keyType?: HostKeyType; schema?: string; table?: string; column?: string } = {},
): Promise<HostTable> {
  const { definition, keys } = KEYS[keyType];
  const [inSchema, inTable, keyColumn] = [quoted(schema), quoted(table), quoted(column)];
  await knex.raw(`create schema if not exists ${inSchema}`);
  await knex.raw(`create table ${inSchema}.${inTable} (${keyColumn} ${definition} primary key, name text)`);
  for (const key of keys) {
    await knex.raw(`insert into ${inSchema}.${inTable} (${keyColumn}, name) values (?, ?)`, [key, `annotation ${key}`]);
  }
  if (definition.endsWith('serial')) {
    const sequence = "pg_get_serial_sequence(format('%I.%I', ?::text, ?::text), ?)";
    await knex.raw(`select setval(${sequence}, ?)`, [schema, table, column, keys[2]]);
  }
  return { schema, table, column, keys };
}

/** A quoted identifier for `raw`; knex's own `??` takes a question mark in a name for a binding. */
function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`.replaceAll('?', '\\?');
}
