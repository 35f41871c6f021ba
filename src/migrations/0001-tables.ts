import type { Session } from '../repositories/database.js';
import type { HostTable, Tables } from '../repositories/schema.js';
import { adoptTable, findTable } from './adopt.js';
import type { ColumnSpec, MigrationOptions } from './types.js';

function groupColumns(host: HostTable, createdByType: string): ColumnSpec[] {
  return [
    { name: 'id', type: 'bigint', identity: true },
    { name: 'annotation_id', type: host.keyType, notNull: true },
    { name: 'group_name', type: 'text' },
    { name: 'model_name', type: 'text' },
    { name: 'version', type: 'text' },
    { name: 'modality', type: 'text' },
    { name: 'slice_count', type: 'integer', notNull: true, default: '1' },
    { name: 'mask_type', type: 'text', notNull: true, default: "'segmentation'" },
    { name: 'description', type: 'text' },
    { name: 'created_by', type: createdByType, keepType: true },
    { name: 'created_at', type: 'timestamp with time zone', notNull: true, default: 'now()' },
    { name: 'updated_at', type: 'timestamp with time zone', notNull: true, default: 'now()', fillFrom: 'created_at' },
  ];
}

const MASK_COLUMNS: ColumnSpec[] = [
  { name: 'id', type: 'bigint', identity: true },
  { name: 'mask_group_id', type: 'bigint', notNull: true },
  { name: 'slice_index', type: 'integer' },
  { name: 'sop_instance_uid', type: 'text' },
  { name: 'label_name', type: 'text' },
  // the byte order in which object stores list keys
  { name: 'file_path', type: 'text', collate: 'C', notNull: true },
  { name: 'mime_type', type: 'text', notNull: true, default: "'image/png'" },
  { name: 'content_encoding', type: 'text' },
  { name: 'file_size', type: 'bigint' },
  { name: 'checksum', type: 'text' },
  { name: 'width', type: 'integer' },
  { name: 'height', type: 'integer' },
  { name: 'put_expires_at', type: 'timestamp with time zone' },
  { name: 'created_at', type: 'timestamp with time zone', notNull: true, default: 'now()' },
];

/** Creates the tables. The first two, where a site already made them by hand, are brought up to this shape instead. */
export async function createTables(
  session: Session,
  tables: Tables,
  host: HostTable,
  options: MigrationOptions,
): Promise<void> {
  await createOrAdopt(session, host, 'annotation_mask_group', tables.group, {
    columns: groupColumns(host, options.createdByType),
    foreignKey: { column: 'annotation_id', table: host.table, referenced: host.keyColumn },
    checks: { annotation_mask_group_slice_count: 'slice_count >= 1' },
  });
  await createOrAdopt(session, host, 'annotation_mask', tables.mask, {
    columns: MASK_COLUMNS,
    foreignKey: { column: 'mask_group_id', table: tables.group, referenced: 'id' },
    checks: { annotation_mask_slice_index: 'slice_index >= 0' },
  });

  for (const statement of [
    // newest first, by keyset
    `CREATE INDEX annotation_mask_group_newest ON ${tables.group} (annotation_id, created_at DESC, id DESC)`,
    `CREATE UNIQUE INDEX annotation_mask_file_path ON ${tables.mask} (file_path)`,
    `CREATE UNIQUE INDEX annotation_mask_slot ON ${tables.mask}
       (mask_group_id, coalesce(slice_index::text, sop_instance_uid, ''), coalesce(label_name, ''))
       WHERE slice_index IS NOT NULL OR sop_instance_uid IS NOT NULL`,
    // the order of a mask list, nulls last, without a null in it: one row comparison pages through it
    `CREATE INDEX annotation_mask_listing ON ${tables.mask}
       (mask_group_id, coalesce(slice_index, 2147483647), (label_name IS NULL), coalesce(label_name, '') COLLATE "C", id)`,
    // counts and sums of a group without touching the table
    `CREATE INDEX annotation_mask_totals ON ${tables.mask} (mask_group_id, slice_index)
       INCLUDE (sop_instance_uid, file_size)`,

    `CREATE TABLE ${tables.upload} (
       id uuid PRIMARY KEY,
       mask_group_id bigint NOT NULL REFERENCES ${tables.group} (id) ON DELETE CASCADE,
       file_path text COLLATE "C" NOT NULL UNIQUE,
       mime_type text NOT NULL,
       content_encoding text,
       file_size bigint NOT NULL,
       checksum text,
       slice_index integer,
       sop_instance_uid text,
       label_name text,
       width integer,
       height integer,
       -- the latest URL handed out dies here, the row uploadLifetimeSeconds later
       put_expires_at timestamptz NOT NULL,
       expires_at timestamptz NOT NULL,
       created_at timestamptz NOT NULL DEFAULT now(),
       -- what verification learned; checksum, width and height above are the client's claims
       verified_at timestamptz,
       verified_checksum text,
       verified_width integer,
       verified_height integer,
       -- a lease: until then one process reads the large object, and no other begins to
       verifying_until timestamptz,
       rejected_code text,
       rejected_reason text
     )`,
    `CREATE INDEX annotation_mask_upload_group ON ${tables.upload} (mask_group_id, id)`,
    `CREATE INDEX annotation_mask_upload_expiry ON ${tables.upload} (expires_at)`,

    `CREATE TABLE ${tables.deletion} (
       file_path text COLLATE "C" PRIMARY KEY,
       -- until then a signed PUT may still create the object
       put_expires_at timestamptz NOT NULL,
       -- not to be worked on before: a lease, a back-off, or the second and last deletion
       not_before timestamptz NOT NULL DEFAULT now(),
       attempts integer NOT NULL DEFAULT 0,
       created_at timestamptz NOT NULL DEFAULT now()
     )`,
    `CREATE INDEX annotation_mask_deletion_due ON ${tables.deletion} (not_before)`,

    `CREATE TABLE ${tables.audit} (
       id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
       occurred_at timestamptz NOT NULL DEFAULT now(),
       action text NOT NULL,
       outcome text NOT NULL,
       actor text,
       remote_address text,
       annotation_id text,
       mask_group_id bigint,
       details jsonb
     )`,
    `CREATE INDEX annotation_mask_audit_time ON ${tables.audit} (occurred_at)`,
    `CREATE INDEX annotation_mask_audit_group ON ${tables.audit} (mask_group_id, occurred_at)`,

    `CREATE TABLE ${tables.installation} (
       only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
       id text NOT NULL,
       schema_version integer NOT NULL,
       -- code that knows fewer migrations than this must not work on these tables
       compatible_from integer NOT NULL,
       created_at timestamptz NOT NULL DEFAULT now()
     )`,
  ]) {
    await session.execute(statement);
  }
  await session.execute(`INSERT INTO ${tables.installation} (id, schema_version, compatible_from) VALUES (?, 0, 0)`, [
    options.newInstallationId(),
  ]);
}

export interface TableSpec {
  columns: ColumnSpec[];
  foreignKey: { column: string; table: string; referenced: string };
  /** Name of the constraint → its condition. */
  checks: Record<string, string>;
}

async function createOrAdopt(
  session: Session,
  host: HostTable,
  name: string,
  table: string,
  spec: TableSpec,
): Promise<void> {
  const existing = await findTable(session, host.ownSchema, name);
  if (existing) return adoptTable(session, existing, table, spec);

  const columns = spec.columns.map((column) =>
    [
      column.name,
      column.type,
      column.collate && `COLLATE "${column.collate}"`,
      column.identity && 'GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY',
      column.notNull && 'NOT NULL',
      column.default && `DEFAULT ${column.default}`,
    ]
      .filter(Boolean)
      .join(' '),
  );
  const { column, table: target, referenced } = spec.foreignKey;
  const constraints = [
    `FOREIGN KEY (${column}) REFERENCES ${target} (${referenced}) ON DELETE CASCADE`,
    ...Object.entries(spec.checks).map(([check, condition]) => `CONSTRAINT ${check} CHECK (${condition})`),
  ];
  await session.execute(`CREATE TABLE ${table} (${[...columns, ...constraints].join(', ')})`);
}

/** Drops what {@link createTables} made or adopted. */
export async function dropTables(session: Session, tables: Tables): Promise<void> {
  for (const table of [tables.installation, tables.audit, tables.deletion, tables.upload, tables.mask, tables.group]) {
    await session.execute(`DROP TABLE IF EXISTS ${table}`);
  }
}
