import { decodeCursor, encodeCursor } from '../domain/cursor.js';
import type { ListMasksQuery } from '../domain/query.js';
import type { Mask } from '../domain/types.js';
import { groupExists } from '../repositories/groups.js';
import { countMasks, listMasks as findPage, type MaskPosition, positionOf } from '../repositories/masks.js';
import { mapInChunks } from './concurrency.js';
import type { Context, GroupScope } from './context.js';
import { auditDownloads } from './get-mask.js';
import { groupNotFound } from './get-mask-group.js';
import { withDownloadUrl } from './sign-download.js';

/** One page of a group's masks, ordered by slice_index, label_name (nulls last) and id. */
export async function listMasks(
  context: Context,
  scope: GroupScope,
  query: ListMasksQuery,
): Promise<{ masks: Mask[]; total_count: number; next_cursor: string | null }> {
  const { schema, annotation, groupId } = scope;
  const { limit, cursor, include_download_url, ...filters } = query;
  const list = ['masks', groupId, filters];
  const after = cursor === undefined ? undefined : decodeCursor(list, cursor, readPosition);

  const { page, more, total } = await context.database[include_download_url ? 'write' : 'read'](async (session) => {
    if (!(await groupExists(session, schema, annotation, groupId))) throw groupNotFound();
    // one more than asked for tells whether there is a next page
    const found = await findPage(session, schema, groupId, filters, limit + 1, after);
    const page = found.slice(0, limit);
    if (include_download_url) await auditDownloads(session, scope, groupId, page);
    return { page, more: found.length > limit, total: await countMasks(session, schema, groupId, filters) };
  });
  const last = page.at(-1);
  return {
    masks: include_download_url ? await mapInChunks(page, 100, (mask) => withDownloadUrl(context, mask)) : page,
    total_count: total,
    next_cursor: more && last ? encodeCursor(list, positionOf(last)) : null,
  };
}

function readPosition(parts: unknown[]): MaskPosition | undefined {
  const [slice, unlabelled, label, id, ...rest] = parts;
  return Number.isInteger(slice) &&
    Math.abs(Number(slice)) < 2 ** 31 &&
    typeof unlabelled === 'boolean' &&
    typeof label === 'string' &&
    !label.includes('\0') &&
    Number.isSafeInteger(id) &&
    rest.length === 0
    ? [Number(slice), unlabelled, label, Number(id)]
    : undefined;
}
