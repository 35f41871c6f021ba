import { MaskUploadError } from '../domain/errors.js';
import type { MaskGroup, MaskGroupStats } from '../domain/types.js';
import { findGroup, groupExists, groupStats } from '../repositories/groups.js';
import type { Context, GroupScope } from './context.js';

export function groupNotFound(): MaskUploadError {
  return new MaskUploadError('mask-group-not-found', 'This annotation has no such mask group.');
}

/** @throws MaskUploadError `mask-group-not-found` */
export async function requireGroup(context: Context, { schema, annotation, groupId }: GroupScope): Promise<void> {
  if (!(await context.database.read((session) => groupExists(session, schema, annotation, groupId)))) {
    throw groupNotFound();
  }
}

/** One group with its statistics. */
export async function getMaskGroup(
  context: Context,
  scope: GroupScope,
): Promise<MaskGroup & { stats: MaskGroupStats }> {
  return context.database.read(async (session) => {
    const group = await findGroup(session, scope.schema, scope.annotation, scope.groupId);
    const stats = group && (await groupStats(session, scope.schema, scope.groupId));
    if (!group || !stats) throw groupNotFound();
    return { ...group, stats };
  });
}
