import { randomUUID } from 'node:crypto';
import type { Knex } from 'knex';

/** What the package has recorded, to compare before and after. Of the deletion queue only the keys: upkeep works on it. */
export async function allRows(knex: Knex): Promise<Record<string, unknown[]>> {
  const { rows } = await knex.raw<{ rows: [Record<string, unknown[]>] }>(
    `select (select coalesce(json_agg(g order by id), '[]') from annotation_mask_group g) as groups,
            (select coalesce(json_agg(m order by id), '[]') from annotation_mask m) as masks,
            (select coalesce(json_agg(u order by id), '[]') from annotation_mask_upload u) as uploads,
            (select coalesce(json_agg(file_path order by file_path), '[]') from annotation_mask_deletion) as deletions`,
  );
  return rows[0];
}

/** Inserts a group by SQL; gives its id. */
export async function insertGroup(knex: Knex, fields: Record<string, unknown> = {}): Promise<number> {
  const [row] = await knex('annotation_mask_group').insert({ annotation_id: 1, ...fields }, 'id');
  return Number(row.id);
}

/** Inserts masks by SQL, without any object; gives their ids, in order. */
export async function insertMasks(knex: Knex, groupId: number, masks: Record<string, unknown>[]): Promise<number[]> {
  const rows = masks.map((mask) => ({
    mask_group_id: groupId,
    file_path: `mask/inserted/${groupId}/${randomUUID()}.png`,
    file_size: 100,
    checksum: '0'.repeat(64),
    ...mask,
  }));
  if (rows.length === 0) return [];
  const inserted: { id: string }[] = await knex<Record<string, unknown>>('annotation_mask')
    .insert(rows)
    .returning('id');
  return inserted.map((row) => Number(row.id));
}
