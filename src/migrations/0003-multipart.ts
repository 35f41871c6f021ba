import type { Session } from '../repositories/database.js';
import { quoteIdentifier, type Tables } from '../repositories/schema.js';
import { createDeletionFunctions } from './0002-deletion-triggers.js';

/**
 * Uploads in parts. A pending row says how its file is cut and which unfinished upload of the store takes the parts; a
 * queued key says whether the store may still hold parts for it, which the triggers' functions now see to.
 */
export async function addMultipart(session: Session, tables: Tables, schema: string): Promise<void> {
  await session.execute(
    `ALTER TABLE ${tables.upload}
       -- bytes of every part but the last; null for a file that is one PUT
       ADD COLUMN part_size bigint,
       -- what the store calls its unfinished upload; null until parts are first signed
       ADD COLUMN store_upload_id text`,
  );
  await session.execute(`ALTER TABLE ${tables.deletion} ADD COLUMN multipart boolean NOT NULL DEFAULT false`);

  // a process may be putting the parts together right now: what it makes of them must still find the key in the queue
  const putExpiresAt = 'greatest(put_expires_at, verifying_until)';
  const onConflict = `ON CONFLICT (file_path) DO UPDATE SET
        put_expires_at = greatest(annotation_mask_deletion.put_expires_at, excluded.put_expires_at),
        not_before = least(annotation_mask_deletion.not_before, excluded.not_before),
        multipart = annotation_mask_deletion.multipart OR excluded.multipart`;
  await session.execute(`
    CREATE OR REPLACE FUNCTION ${quoteIdentifier(schema)}.annotation_mask_enqueue_deleted() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
    BEGIN
      IF TG_TABLE_NAME = 'annotation_mask' THEN
        INSERT INTO ${tables.deletion} (file_path, put_expires_at)
        SELECT gone.file_path, coalesce(gone.put_expires_at, now()) FROM gone
        WHERE NOT EXISTS (SELECT FROM ${tables.mask} mask WHERE mask.file_path = gone.file_path)
        ORDER BY gone.file_path
        ${onConflict};
        IF current_setting('pacs_mask_upload.audited', true) IS DISTINCT FROM 'on' THEN
          INSERT INTO ${tables.audit} (action, outcome, mask_group_id, details)
          SELECT 'deleted', 'done', mask_group_id, jsonb_build_object('mask_ids', jsonb_agg(id ORDER BY id))
          FROM gone GROUP BY mask_group_id;
        END IF;
      ELSE
        INSERT INTO ${tables.deletion} (file_path, put_expires_at, multipart)
        SELECT gone.file_path, ${putExpiresAt}, gone.part_size IS NOT NULL FROM gone
        WHERE NOT EXISTS (SELECT FROM ${tables.mask} mask WHERE mask.file_path = gone.file_path)
        ORDER BY gone.file_path
        ${onConflict};
      END IF;
      RETURN NULL;
    END $body$`);
  await session.execute(`
    CREATE OR REPLACE FUNCTION ${quoteIdentifier(schema)}.annotation_mask_enqueue_truncated() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
    BEGIN
      IF TG_TABLE_NAME = 'annotation_mask' THEN
        INSERT INTO ${tables.deletion} (file_path, put_expires_at)
        SELECT file_path, coalesce(put_expires_at, now()) FROM ${tables.mask} ORDER BY file_path
        ${onConflict};
        INSERT INTO ${tables.audit} (action, outcome, details)
        SELECT 'deleted', 'done', jsonb_build_object('truncated_masks', count(*)) FROM ${tables.mask} HAVING count(*) > 0;
      ELSE
        INSERT INTO ${tables.deletion} (file_path, put_expires_at, multipart)
        SELECT file_path, ${putExpiresAt}, part_size IS NOT NULL FROM ${tables.upload} ORDER BY file_path
        ${onConflict};
      END IF;
      RETURN NULL;
    END $body$`);
}

export async function dropMultipart(session: Session, tables: Tables, schema: string): Promise<void> {
  await createDeletionFunctions(session, tables, schema);
  await session.execute(`ALTER TABLE ${tables.deletion} DROP COLUMN multipart`);
  await session.execute(`ALTER TABLE ${tables.upload} DROP COLUMN store_upload_id, DROP COLUMN part_size`);
}
