import { MaskUploadError } from '../domain/errors.js';
import type { MaskGroup, MaskGroupStats } from '../domain/types.js';
import { findGroup, groupStats } from '../repositories/groups.js';
import type { Context, GroupScope } from './context.js';

export function groupNotFound(): MaskUploadError {
  return new MaskUploadError('mask-group-not-found', 'This annotation has no such mask group.');
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
