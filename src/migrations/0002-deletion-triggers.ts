import type { Session } from '../repositories/database.js';
import { quoteIdentifier, type Tables } from '../repositories/schema.js';

/**
 * Puts the keys of deleted mask and pending rows into the deletion queue, whoever deletes them: also the host's own
 * cascade or TRUNCATE, which no application code sees. A pending key that the same statement recorded as a mask stays
 * out of the queue: the function runs when the statement is over and finds it in `annotation_mask`. Deletions of masks
 * that no use case has put on record go to the audit as well, without an actor.
 */
export async function createDeletionTriggers(session: Session, tables: Tables, schema: string): Promise<void> {
  await createDeletionFunctions(session, tables, schema);
  for (const table of [tables.mask, tables.upload]) {
    await session.execute(`
      CREATE TRIGGER annotation_mask_enqueue_deleted AFTER DELETE ON ${table}
      REFERENCING OLD TABLE AS gone FOR EACH STATEMENT
      EXECUTE FUNCTION ${quoteIdentifier(schema)}.annotation_mask_enqueue_deleted()`);
    await session.execute(`
      CREATE TRIGGER annotation_mask_enqueue_truncated BEFORE TRUNCATE ON ${table}
      FOR EACH STATEMENT EXECUTE FUNCTION ${quoteIdentifier(schema)}.annotation_mask_enqueue_truncated()`);
  }
}

/** The triggers' functions as this migration has them: later ones replace them, and come back to them. */
export async function createDeletionFunctions(session: Session, tables: Tables, schema: string): Promise<void> {
  const onDelete = `${quoteIdentifier(schema)}.annotation_mask_enqueue_deleted`;
  const onTruncate = `${quoteIdentifier(schema)}.annotation_mask_enqueue_truncated`;
  const onConflict = `ON CONFLICT (file_path) DO UPDATE SET
        put_expires_at = greatest(annotation_mask_deletion.put_expires_at, excluded.put_expires_at),
        not_before = least(annotation_mask_deletion.not_before, excluded.not_before)`;

  // SECURITY DEFINER: who may delete an annotation need not have rights on these tables
  await session.execute(`
    CREATE OR REPLACE FUNCTION ${onDelete}() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
    BEGIN
      INSERT INTO ${tables.deletion} (file_path, put_expires_at)
      SELECT gone.file_path, coalesce(gone.put_expires_at, now()) FROM gone
      WHERE NOT EXISTS (SELECT FROM ${tables.mask} mask WHERE mask.file_path = gone.file_path)
      ORDER BY gone.file_path
      ${onConflict};
      IF TG_TABLE_NAME = 'annotation_mask' AND current_setting('pacs_mask_upload.audited', true) IS DISTINCT FROM 'on' THEN
        INSERT INTO ${tables.audit} (action, outcome, mask_group_id, details)
        SELECT 'deleted', 'done', mask_group_id, jsonb_build_object('mask_ids', jsonb_agg(id ORDER BY id))
        FROM gone GROUP BY mask_group_id;
      END IF;
      RETURN NULL;
    END $body$`);
  await session.execute(`
    CREATE OR REPLACE FUNCTION ${onTruncate}() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
    BEGIN
      IF TG_TABLE_NAME = 'annotation_mask' THEN
        INSERT INTO ${tables.deletion} (file_path, put_expires_at)
        SELECT file_path, coalesce(put_expires_at, now()) FROM ${tables.mask} ORDER BY file_path
        ${onConflict};
        INSERT INTO ${tables.audit} (action, outcome, details)
        SELECT 'deleted', 'done', jsonb_build_object('truncated_masks', count(*)) FROM ${tables.mask} HAVING count(*) > 0;
      ELSE
        INSERT INTO ${tables.deletion} (file_path, put_expires_at)
        SELECT file_path, put_expires_at FROM ${tables.upload} ORDER BY file_path
        ${onConflict};
      END IF;
      RETURN NULL;
    END $body$`);
}

export async function dropDeletionTriggers(session: Session, tables: Tables, schema: string): Promise<void> {
  for (const table of [tables.mask, tables.upload]) {
    await session.execute(`DROP TRIGGER IF EXISTS annotation_mask_enqueue_deleted ON ${table}`);
    await session.execute(`DROP TRIGGER IF EXISTS annotation_mask_enqueue_truncated ON ${table}`);
  }
  await session.execute(`DROP FUNCTION IF EXISTS ${quoteIdentifier(schema)}.annotation_mask_enqueue_deleted()`);
  await session.execute(`DROP FUNCTION IF EXISTS ${quoteIdentifier(schema)}.annotation_mask_enqueue_truncated()`);
}
