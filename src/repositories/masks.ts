import type { AnnotationKey, Mask, ObjectKey } from '../domain/types.js';
import { type Binding, isoTime, type Session } from './database.js';
import type { Schema } from './schema.js';

/** A mask row; `file_path` came from our own table. */
export type MaskRow = Omit<Mask, 'file_path'> & { file_path: ObjectKey };

export interface MaskFilters {
  label_name?: string | undefined;
  slice_index?: number | undefined;
  sop_instance_uid?: string | undefined;
  /** Only masks recorded no later than this one. */
  newest_id?: number | undefined;
}

/** Position in a list of masks: its sort key, without a null in it. */
export type MaskPosition = [sliceIndex: number, unlabelled: boolean, labelName: string, id: number];

/** Columns in the order in which the API names them. An adopted row may hold a checksum that is no SHA-256. */
export function maskColumns(alias: string): string {
  return `${alias}.id, ${alias}.mask_group_id, ${alias}.slice_index, ${alias}.sop_instance_uid, ${alias}.label_name,
          ${alias}.file_path, ${alias}.mime_type, ${alias}.content_encoding, ${alias}.file_size,
          CASE WHEN ${alias}.checksum ~ '^[0-9a-f]{64}$' THEN ${alias}.checksum END AS checksum,
          ${alias}.width, ${alias}.height, ${isoTime(`${alias}.created_at`)} AS created_at`;
}

/** The very expressions of the index annotation_mask_listing. */
const ORDER = `coalesce(m.slice_index, 2147483647), (m.label_name IS NULL),
               coalesce(m.label_name, '') COLLATE "C", m.id`;

export function positionOf(mask: MaskRow): MaskPosition {
  return [mask.slice_index ?? 2147483647, mask.label_name === null, mask.label_name ?? '', mask.id];
}

function matching(filters: MaskFilters): { conditions: string[]; bindings: Binding[] } {
  const given = (['label_name', 'slice_index', 'sop_instance_uid'] as const).filter(
    (name) => filters[name] !== undefined,
  );
  const conditions = given.map((name) => `m.${name} = ?`);
  const bindings = given.map((name) => filters[name] as Binding);
  if (filters.newest_id !== undefined) {
    conditions.push('m.id <= ?');
    bindings.push(filters.newest_id);
  }
  return { conditions, bindings };
}

/** One page of a group that the caller has found, and the number of masks that match in all. */
export async function listMasks(
  session: Session,
  schema: Schema,
  groupId: number,
  filters: MaskFilters,
  limit: number,
  after?: MaskPosition,
): Promise<MaskRow[]> {
  const { conditions, bindings } = matching(filters);
  if (after) {
    conditions.push(`(${ORDER}) > (?, ?, ?, ?)`);
    bindings.push(...after);
  }
  return session.rows<MaskRow>(
    `SELECT ${maskColumns('m')} FROM ${schema.tables.mask} m
     WHERE ${['m.mask_group_id = ?', ...conditions].join(' AND ')} ORDER BY ${ORDER} LIMIT ?`,
    [groupId, ...bindings, limit],
  );
}

export async function countMasks(
  session: Session,
  schema: Schema,
  groupId: number,
  filters: MaskFilters,
): Promise<number> {
  const { conditions, bindings } = matching(filters);
  const [row] = await session.rows<{ count: number }>(
    `SELECT count(*) AS count FROM ${schema.tables.mask} m
     WHERE ${['m.mask_group_id = ?', ...conditions].join(' AND ')}`,
    [groupId, ...bindings],
  );
  return row?.count ?? 0;
}

/** The newest mask of a group whose lock the caller holds: every later one gets a higher id. 0 for an empty group. */
export async function newestMaskId(session: Session, schema: Schema, groupId: number): Promise<number> {
  const [row] = await session.rows<{ id: number }>(
    `SELECT coalesce(max(id), 0) AS id FROM ${schema.tables.mask} WHERE mask_group_id = ?`,
    [groupId],
  );
  return row?.id ?? 0;
}

/** A mask is only found through its annotation. */
export async function findMask(
  session: Session,
  schema: Schema,
  annotation: AnnotationKey,
  maskId: number,
): Promise<MaskRow | undefined> {
  const [row] = await session.rows<MaskRow>(
    `SELECT ${maskColumns('m')} FROM ${schema.tables.mask} m JOIN ${schema.tables.group} g ON g.id = m.mask_group_id
     WHERE m.id = ? AND g.annotation_id = ?::text::${schema.keyCast}`,
    [maskId, annotation],
  );
  return row;
}

/** Deletes one mask of a group whose lock the caller holds; the trigger queues its object. */
export async function deleteMask(session: Session, schema: Schema, groupId: number, maskId: number): Promise<boolean> {
  const deleted = await session.rows(
    `DELETE FROM ${schema.tables.mask} WHERE id = ? AND mask_group_id = ? RETURNING id`,
    [maskId, groupId],
  );
  return deleted.length === 1;
}

/** The group's masks under the given keys, or whose key was made for one of the given upload ids. */
export async function findMasksByFile(
  session: Session,
  schema: Schema,
  groupId: number,
  keys: readonly string[],
  uploadIds: readonly string[],
): Promise<MaskRow[]> {
  // {prefix}/{installation}/{group_id}/{upload_id}.{ext}
  return session.rows<MaskRow>(
    `SELECT ${maskColumns('m')} FROM ${schema.tables.mask} m
     WHERE m.mask_group_id = ? AND (m.file_path = ANY (?::text[])
       OR split_part(split_part(m.file_path, '/', 4), '.', 1) = ANY (?::text[]))`,
    [groupId, keys, uploadIds],
  );
}

/** Slices, among those of the given masks, that carry more than one SOP Instance UID in this group. */
export async function slicesWithSeveralUids(
  session: Session,
  schema: Schema,
  groupId: number,
  sliceIndexes: readonly number[],
): Promise<number[]> {
  const rows = await session.rows<{ slice_index: number }>(
    `SELECT slice_index FROM ${schema.tables.mask}
     WHERE mask_group_id = ? AND slice_index = ANY (?::int[]) AND sop_instance_uid IS NOT NULL
     GROUP BY slice_index HAVING count(DISTINCT sop_instance_uid) > 1`,
    [groupId, sliceIndexes],
  );
  return rows.map((row) => row.slice_index);
}
