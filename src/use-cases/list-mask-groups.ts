import { decodeCursor, encodeCursor } from '../domain/cursor.js';
import type { ListMaskGroupsQuery } from '../domain/query.js';
import type { MaskGroup } from '../domain/types.js';
import { listGroups } from '../repositories/groups.js';
import type { Context, Scope } from './context.js';

/** One page of an annotation's groups, newest first. */
export async function listMaskGroups(
  context: Context,
  scope: Scope,
  query: ListMaskGroupsQuery,
): Promise<{ mask_groups: MaskGroup[]; next_cursor: string | null }> {
  const { limit, cursor, ...filters } = query;
  const list = ['mask-groups', scope.annotation, filters];
  const after =
    cursor === undefined
      ? undefined
      : decodeCursor(list, cursor, ([createdAt, id, ...rest]) =>
          isInstant(createdAt) && isId(id) && rest.length === 0 ? { createdAt, id } : undefined,
        );
  // one more than asked for tells whether there is a next page
  const found = await context.database.read((session) =>
    listGroups(session, scope.schema, scope.annotation, filters, limit + 1, after),
  );
  const page = found.slice(0, limit);
  const last = page.at(-1)?.position;
  return {
    mask_groups: page.map(({ group }) => group),
    next_cursor: found.length > limit && last ? encodeCursor(list, [last.createdAt, last.id]) : null,
  };
}

/** An instant to the microsecond that exists in the calendar, so that PostgreSQL can read it. */
function isInstant(value: unknown): value is string {
  if (typeof value !== 'string' || !/^(?!0000)\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/.test(value)) return false;
  const time = new Date(`${value.slice(0, 23)}Z`);
  return !Number.isNaN(time.getTime()) && time.toISOString().slice(0, 23) === value.slice(0, 23);
}

function isId(value: unknown): value is number {
  return Number.isSafeInteger(value);
}
