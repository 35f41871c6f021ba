import { MaskUploadError } from '../domain/errors.js';
import type { Mask } from '../domain/types.js';
import { groupExists } from '../repositories/groups.js';
import { findMask, type MaskRow } from '../repositories/masks.js';
import type { Context, MaskScope } from './context.js';
import { groupNotFound } from './get-mask-group.js';
import { withDownloadUrl } from './sign-download.js';

export function maskNotFound(): MaskUploadError {
  return new MaskUploadError('mask-not-found', 'This mask group has no such mask.');
}

export async function requireMask(context: Context, scope: MaskScope): Promise<MaskRow> {
  const { schema, annotation, groupId, maskId } = scope;
  return context.database.read(async (session) => {
    const mask = await findMask(session, schema, annotation, groupId, maskId);
    if (mask) return mask;
    throw (await groupExists(session, schema, annotation, groupId)) ? maskNotFound() : groupNotFound();
  });
}

/** One mask, with a download URL when asked for. */
export async function getMask(
  context: Context,
  scope: MaskScope,
  query: { include_download_url: boolean },
): Promise<Mask> {
  const mask = await requireMask(context, scope);
  return query.include_download_url ? withDownloadUrl(context, mask) : mask;
}
