import type { AnnotationKey, MaskGroup, MaskGroupFields, MaskGroupStats } from '../domain/types.js';
import { type Binding, isoTime, type Session } from './database.js';
import { annotationIdToJson, type Schema } from './schema.js';

/** What a group's masks come to, computed on read. */
export interface GroupTotals {
  mask_count: number;
  /** Distinct slices, by slice_index or, without one, by SOP Instance UID. */
  uploaded_slices: number;
  total_bytes: number;
  /** Masks that are no slice: neither a slice_index nor a SOP Instance UID. */
  volumes: number;
}

interface GroupRow extends Omit<MaskGroup, 'annotation_id' | 'created_by' | 'status'>, GroupTotals {
  annotation_id: string;
  created_by: string | null;
  cursor_time: string;
}

/** Position in a list of groups: the creation time to the microsecond, and the id. */
export interface GroupPosition {
  createdAt: string;
  id: number;
}

export interface GroupFilters {
  modality?: string | undefined;
  mask_type?: string | undefined;
  model_name?: string | undefined;
}

export type GroupFieldName = keyof MaskGroupFields;

const FIELDS = ['group_name', 'model_name', 'version', 'modality', 'slice_count', 'mask_type', 'description'] as const;

function totals(schema: Schema, groupId: string): string {
  return `SELECT count(*) AS mask_count,
                 count(DISTINCT m.slice_index)
                   + count(DISTINCT m.sop_instance_uid) FILTER (WHERE m.slice_index IS NULL) AS uploaded_slices,
                 coalesce(sum(m.file_size), 0) AS total_bytes,
                 count(*) FILTER (WHERE m.slice_index IS NULL AND m.sop_instance_uid IS NULL) AS volumes
          FROM ${schema.tables.mask} m WHERE m.mask_group_id = ${groupId}`;
}

/** Selects groups with their totals. `source` is a table or subquery; its LIMIT comes before any counting. */
function selectGroups(schema: Schema, source: string): string {
  return `SELECT g.id, g.annotation_id::text AS annotation_id, g.group_name, g.model_name, g.version, g.modality,
                 g.slice_count, g.mask_type, g.description, g.created_by::text AS created_by,
                 ${isoTime('g.created_at')} AS created_at, ${isoTime('g.updated_at')} AS updated_at,
                 to_char(g.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS cursor_time,
                 t.mask_count, t.uploaded_slices, t.total_bytes, t.volumes
          FROM ${source} g CROSS JOIN LATERAL (${totals(schema, 'g.id')}) t
          ORDER BY g.created_at DESC, g.id DESC`;
}

export function groupStatus(sliceCount: number, { uploaded_slices, volumes }: GroupTotals): MaskGroup['status'] {
  return uploaded_slices >= sliceCount || volumes > 0 ? 'complete' : 'uploading';
}

function toMaskGroup(schema: Schema, row: GroupRow): MaskGroup {
  const { cursor_time: _, volumes, mask_count, uploaded_slices, total_bytes, ...fields } = row;
  return {
    ...fields,
    annotation_id: annotationIdToJson(schema, row.annotation_id),
    created_by:
      row.created_by !== null && /^(small)?int/.test(schema.createdByType) ? Number(row.created_by) : row.created_by,
    status: groupStatus(row.slice_count, row),
    mask_count,
    uploaded_slices,
    total_bytes,
  };
}

const inAnnotation = (schema: Schema) => `annotation_id = ?::text::${schema.keyCast}`;

/**
 * Locks the group against other writers until the transaction ends; false when the annotation has no such group.
 * Every writing transaction takes this lock first.
 */
export async function lockGroup(
  session: Session,
  schema: Schema,
  annotation: AnnotationKey,
  groupId: number,
): Promise<boolean> {
  const found = await session.rows(
    `SELECT id FROM ${schema.tables.group} WHERE id = ? AND ${inAnnotation(schema)} FOR NO KEY UPDATE`,
    [groupId, annotation],
  );
  return found.length === 1;
}

export async function insertGroup(
  session: Session,
  schema: Schema,
  annotation: AnnotationKey,
  fields: MaskGroupFields,
  createdBy: string | null,
): Promise<number> {
  const given = FIELDS.filter((name) => fields[name] !== undefined && fields[name] !== null);
  const [row] = await session.rows<{ id: number }>(
    `INSERT INTO ${schema.tables.group} (${['annotation_id', 'created_by', ...given].join(', ')})
     VALUES (?::text::${schema.keyCast}, ?::text::${schema.createdByType}${', ?'.repeat(given.length)})
     RETURNING id`,
    [annotation, createdBy, ...given.map((name) => fields[name] as Binding)],
  );
  if (!row) throw new Error('INSERT returned no row');
  return row.id;
}

/** Sets the given fields; null clears one, or puts its default back where there must be a value. */
export async function updateGroup(
  session: Session,
  schema: Schema,
  annotation: AnnotationKey,
  groupId: number,
  fields: MaskGroupFields,
): Promise<boolean> {
  const given = FIELDS.filter((name) => fields[name] !== undefined);
  if (given.length === 0) return groupExists(session, schema, annotation, groupId);
  const cleared = { slice_count: '1', mask_type: "'segmentation'" } as Partial<Record<GroupFieldName, string>>;
  const changes = given.map((name) => `${name} = ${fields[name] === null ? (cleared[name] ?? 'NULL') : '?'}`);
  const updated = await session.rows(
    `UPDATE ${schema.tables.group} SET ${[...changes, 'updated_at = now()'].join(', ')}
     WHERE id = ? AND ${inAnnotation(schema)} RETURNING id`,
    [...given.map((name) => fields[name]).filter((value) => value !== null), groupId, annotation] as Binding[],
  );
  return updated.length === 1;
}

/** Deletes the group with its masks and pending uploads; triggers queue their objects. */
export async function deleteGroup(
  session: Session,
  schema: Schema,
  annotation: AnnotationKey,
  groupId: number,
): Promise<boolean> {
  const deleted = await session.rows(
    `DELETE FROM ${schema.tables.group} WHERE id = ? AND ${inAnnotation(schema)} RETURNING id`,
    [groupId, annotation],
  );
  return deleted.length === 1;
}

export async function groupExists(
  session: Session,
  schema: Schema,
  annotation: AnnotationKey,
  groupId: number,
): Promise<boolean> {
  const found = await session.rows(`SELECT id FROM ${schema.tables.group} WHERE id = ? AND ${inAnnotation(schema)}`, [
    groupId,
    annotation,
  ]);
  return found.length === 1;
}

export async function findGroup(
  session: Session,
  schema: Schema,
  annotation: AnnotationKey,
  groupId: number,
): Promise<MaskGroup | undefined> {
  const [row] = await session.rows<GroupRow>(
    selectGroups(schema, `(SELECT * FROM ${schema.tables.group} WHERE id = ? AND ${inAnnotation(schema)})`),
    [groupId, annotation],
  );
  return row && toMaskGroup(schema, row);
}

/** One page, newest first. */
export async function listGroups(
  session: Session,
  schema: Schema,
  annotation: AnnotationKey,
  filters: GroupFilters,
  limit: number,
  after?: GroupPosition,
): Promise<{ group: MaskGroup; position: GroupPosition }[]> {
  const given = (['modality', 'mask_type', 'model_name'] as const).filter((name) => filters[name] !== undefined);
  const conditions = [inAnnotation(schema), ...given.map((name) => `${name} = ?`)];
  const bindings: Binding[] = [annotation, ...given.map((name) => filters[name] as string)];
  if (after) {
    conditions.push('(created_at, id) < (?::timestamptz, ?)');
    bindings.push(after.createdAt, after.id);
  }
  const rows = await session.rows<GroupRow>(
    selectGroups(
      schema,
      `(SELECT * FROM ${schema.tables.group} WHERE ${conditions.join(' AND ')}
        ORDER BY created_at DESC, id DESC LIMIT ?)`,
    ),
    [...bindings, limit],
  );
  return rows.map((row) => ({
    group: toMaskGroup(schema, row),
    position: { createdAt: row.cursor_time, id: row.id },
  }));
}

/** Totals of a group that the caller has found, with what its own row expects. */
export async function groupTotals(
  session: Session,
  schema: Schema,
  groupId: number,
): Promise<GroupTotals & { slice_count: number }> {
  const [row] = await session.rows<GroupTotals & { slice_count: number }>(
    `SELECT t.*, g.slice_count FROM ${schema.tables.group} g
     CROSS JOIN LATERAL (${totals(schema, 'g.id')}) t WHERE g.id = ?`,
    [groupId],
  );
  if (!row) throw new Error('The group is gone although it was found');
  return row;
}

export async function groupLabels(session: Session, schema: Schema, groupId: number): Promise<string[]> {
  const rows = await session.rows<{ label_name: string }>(
    `SELECT DISTINCT label_name FROM ${schema.tables.mask} WHERE mask_group_id = ? AND label_name IS NOT NULL`,
    [groupId],
  );
  return rows.map((row) => row.label_name);
}

const MISSING_SLICES_SHOWN = 100;

/** Undefined when the group is gone: another statement sees another moment. */
export async function groupStats(
  session: Session,
  schema: Schema,
  groupId: number,
): Promise<MaskGroupStats | undefined> {
  const { group, mask, upload } = schema.tables;
  const [row] = await session.rows<MaskGroupStats>(
    `SELECT
       coalesce((SELECT json_agg(l ORDER BY l.label_name COLLATE "C") FROM (
          SELECT label_name, count(*) AS count FROM ${mask} WHERE mask_group_id = g.id GROUP BY label_name
        ) l), '[]') AS labels,
       coalesce((SELECT json_agg(t ORDER BY t.mime_type COLLATE "C") FROM (
          SELECT mime_type, count(*) AS count FROM ${mask} WHERE mask_group_id = g.id GROUP BY mime_type
        ) t), '[]') AS mime_types,
       -- Counted from 0 when slice 0 is held or pending; else from 1 when the last (slice_count) or slice 1 is held.
       -- At most as many indexes are tried as can be held, plus those that are shown.
       coalesce((SELECT json_agg(missing.i ORDER BY missing.i) FROM (
          SELECT i FROM (
            SELECT count(*) AS held,
                   CASE WHEN bool_or(slice_index = 0)
                          OR EXISTS (SELECT FROM ${upload} WHERE mask_group_id = g.id AND slice_index = 0) THEN 0
                        WHEN bool_or(slice_index IN (1, g.slice_count)) THEN 1
                        ELSE 0 END AS first
            FROM ${mask} WHERE mask_group_id = g.id AND slice_index IS NOT NULL
          ) f, generate_series(f.first::bigint,
                               f.first + least(g.slice_count, f.held + ${MISSING_SLICES_SHOWN}) - 1) i
          WHERE NOT EXISTS (SELECT FROM ${mask} WHERE mask_group_id = g.id AND slice_index = i)
            -- a volume misses nothing, and of slices known by UID alone nobody knows the index
            AND NOT EXISTS (SELECT FROM ${mask} WHERE mask_group_id = g.id AND slice_index IS NULL)
          ORDER BY i LIMIT ${MISSING_SLICES_SHOWN}
        ) missing), '[]') AS missing_slices,
       (SELECT count(*) FROM ${upload} u
        WHERE u.mask_group_id = g.id AND u.rejected_code IS NULL AND u.expires_at > now()) AS pending_uploads
     FROM ${group} g WHERE g.id = ?`,
    [groupId],
  );
  return row;
}
