import { MaskUploadError } from '../domain/errors.js';
import type { AnnotationKey } from '../domain/types.js';
import type { Database, Session } from './database.js';

/** Where the tables are. The same options go to `migrateMaskUpload` and to the router. */
export interface SchemaOptions {
  /** The host's table of annotations. Default `annotation_annotation`. */
  hostTable?: string | undefined;
  /** Schema of the host's table. Default: where the search_path finds it. */
  hostSchema?: string | undefined;
  /** Key column of the host's table: its primary key or another unique column. Default `id`. */
  hostKeyColumn?: string | undefined;
  /** Schema of the package's own tables. Default: that of the host's table. */
  schema?: string | undefined;
}

/** The host's table as found in the catalog. All names are quoted and ready for SQL. */
export interface HostTable {
  /** `"schema"."table"` */
  table: string;
  keyColumn: string;
  /** Type for the foreign key column, e.g. `character varying(32)`. */
  keyType: string;
  /** Type to cast a parameter to, without a length, since a cast to a length cuts silently. */
  keyCast: string;
  /** An integer key is a JSON number; bigint, uuid and text are strings. */
  keyIsNumber: boolean;
  /** Schema of the package's tables, unquoted. */
  ownSchema: string;
}

/** Number of the newest migration this code knows. */
export const SCHEMA_VERSION = 3;

/** Facts about the database, read once. */
export interface Schema extends HostTable {
  tables: Tables;
  /** Random id of this installation: the second segment of every object key. */
  installation: string;
  /** Type of `created_by`, as PostgreSQL names it. */
  createdByType: string;
}

/** Qualified, quoted names of the package's tables. */
export interface Tables {
  group: string;
  mask: string;
  upload: string;
  deletion: string;
  audit: string;
  installation: string;
}

export function quoteIdentifier(name: string): string {
  // `?` would be taken for a binding by knex.raw
  return `"${name.replaceAll('"', '""').replaceAll('?', '\\?')}"`;
}

export function ownTables(schema: string): Tables {
  const table = (name: string) => `${quoteIdentifier(schema)}.${quoteIdentifier(name)}`;
  return {
    group: table('annotation_mask_group'),
    mask: table('annotation_mask'),
    upload: table('annotation_mask_upload'),
    deletion: table('annotation_mask_deletion'),
    audit: table('annotation_mask_audit'),
    installation: table('annotation_mask_installation'),
  };
}

interface KeyColumn {
  schema: string;
  name: string;
  kind: string;
  column: string | null;
  type: string;
  cast: string;
  base_type: string;
  is_unique: boolean;
}

/**
 * Finds the host's table and the type of its key in the catalog.
 * @throws Error that says what is wrong with the options or with the table.
 */
export async function findHostTable(session: Session, options: SchemaOptions): Promise<HostTable> {
  const table = options.hostTable ?? 'annotation_annotation';
  const keyColumn = options.hostKeyColumn ?? 'id';
  const wanted = options.hostSchema === undefined ? table : `${options.hostSchema}.${table}`;
  const [found] = await session.rows<KeyColumn>(
    `SELECT n.nspname AS schema, c.relname AS name, c.relkind AS kind, a.attname AS column,
            format_type(a.atttypid, a.atttypmod) AS type, format_type(a.atttypid, -1) AS cast,
            format_type(CASE WHEN t.typtype = 'd' THEN t.typbasetype ELSE a.atttypid END, NULL) AS base_type,
            EXISTS (SELECT FROM pg_index i
                    WHERE i.indrelid = c.oid AND i.indisunique AND i.indisvalid AND i.indpred IS NULL
                      AND i.indnkeyatts = 1 AND i.indkey[0] = a.attnum) AS is_unique
     FROM pg_class c
     JOIN pg_namespace n ON n.oid = c.relnamespace
     LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = ? AND a.attnum > 0 AND NOT a.attisdropped
     LEFT JOIN pg_type t ON t.oid = a.atttypid
     WHERE c.oid = to_regclass(coalesce(quote_ident(?) || '.', '') || quote_ident(?))`,
    [keyColumn, options.hostSchema ?? null, table],
  );
  if (!found)
    throw new Error(`Table ${wanted} does not exist. Pass hostTable (and hostSchema): the table of annotations.`);
  if (found.kind !== 'r' && found.kind !== 'p') {
    throw new Error(`${wanted} is not a table; a foreign key cannot point to it. Pass the table itself as hostTable.`);
  }
  if (found.column === null) {
    throw new Error(`Table ${wanted} has no column ${keyColumn}. Pass hostKeyColumn: its unique key.`);
  }
  if (!found.is_unique) {
    throw new Error(
      `${wanted}.${keyColumn} has no unique index on it alone; a foreign key cannot point to it. ` +
        'Pass a hostKeyColumn that is unique by itself (composite keys are not supported).',
    );
  }
  return {
    table: `${quoteIdentifier(found.schema)}.${quoteIdentifier(found.name)}`,
    keyColumn: quoteIdentifier(found.column),
    keyType: found.type,
    keyCast: found.cast,
    keyIsNumber: found.base_type === 'integer' || found.base_type === 'smallint',
    ownSchema: options.schema ?? found.schema,
  };
}

/** For so long a process may work on tables that a newer version has migrated under it. */
const MAX_AGE_MS = 5000;

/**
 * Gives the facts, which it reads at the first call and again when they are old: in a rolling deployment it is the
 * processes at work that a newer version's breaking migration must stop. A schema that does not fit is asked for again.
 */
export type SchemaLoader = () => Promise<Schema>;

export function createSchemaLoader(database: Database, options: SchemaOptions): SchemaLoader {
  let loading: Promise<Schema> | undefined;
  let loadedAt = 0;
  return () => {
    if (performance.now() - loadedAt > MAX_AGE_MS) loading = undefined;
    if (loading) return loading;
    loadedAt = performance.now();
    loading = database
      .read((session) => loadSchema(session, options))
      .catch((error: unknown) => {
        loading = undefined;
        throw error;
      });
    return loading;
  };
}

async function loadSchema(session: Session, options: SchemaOptions): Promise<Schema> {
  const host = await findHostTable(session, options).catch((error: unknown) => {
    throw isPlainError(error) ? mismatch(error.message, error) : error;
  });
  const tables = ownTables(host.ownSchema);
  const [installation] = await session
    .rows<{ id: string; schema_version: number; compatible_from: number; created_by_type: string }>(
      `SELECT i.id, i.schema_version, i.compatible_from,
              (SELECT format_type(atttypid, NULL) FROM pg_attribute
               WHERE attname = 'created_by' AND attrelid =
                 (SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                  WHERE c.relname = 'annotation_mask_group' AND n.nspname = ?)) AS created_by_type
       FROM ${tables.installation} i`,
      [host.ownSchema],
    )
    .catch((error: { code?: unknown }) => {
      if (error.code === '42P01' || error.code === '3F000') return [];
      throw error;
    });
  if (!installation || installation.schema_version < SCHEMA_VERSION) {
    throw mismatch(
      `The tables in schema ${host.ownSchema} are ${installation ? 'older than this version needs' : 'missing'}. Run migrateMaskUpload(knex) with the same options.`,
    );
  }
  if (installation.compatible_from > SCHEMA_VERSION) {
    throw mismatch(
      'The tables were migrated by a newer, incompatible version. Update pacs-mask-upload in this process.',
    );
  }
  return { ...host, tables, installation: installation.id, createdByType: installation.created_by_type };
}

function mismatch(message: string, cause?: unknown): MaskUploadError {
  return new MaskUploadError('schema-mismatch', message, { cause, retryAfterSeconds: 30 });
}

function isPlainError(error: unknown): error is Error {
  return error instanceof Error && error.constructor === Error && !('code' in error);
}

/** Reads the key from the host's own row, as PostgreSQL prints it. Undefined when there is no such row. */
export async function findAnnotation(session: Session, schema: Schema, id: string): Promise<AnnotationKey | undefined> {
  const { table, keyColumn, keyCast } = schema;
  const found = await session
    .rows<{ key: string }>(`SELECT ${keyColumn}::text AS key FROM ${table} WHERE ${keyColumn} = ?::text::${keyCast}`, [
      id,
    ])
    .catch((error: { code?: unknown }) => {
      // class 22: not a value of that type (malformed, overflowing); 23514: outside of a domain
      if (typeof error.code === 'string' && (error.code.startsWith('22') || error.code === '23514')) return [];
      throw error;
    });
  const key = found[0]?.key;
  // one spelling per integer: whatever else the host matches by path, `007` must not get past it
  if (key === undefined || (/^-?\d+$/.test(key) && key !== id)) return undefined;
  return key as AnnotationKey;
}

/** The key as the API answers it. */
export function annotationIdToJson(schema: Schema, key: AnnotationKey | string): number | string {
  return schema.keyIsNumber ? Number(key) : key;
}
