import { MaskUploadError } from '../domain/errors.js';
import type { Mask } from '../domain/types.js';
import { findMask, type MaskRow } from '../repositories/masks.js';
import type { Context, MaskScope } from './context.js';
import { withDownloadUrl } from './sign-download.js';

export function maskNotFound(): MaskUploadError {
  return new MaskUploadError('mask-not-found', 'This annotation has no such mask.');
}

export async function requireMask(context: Context, { schema, annotation, maskId }: MaskScope): Promise<MaskRow> {
  const mask = await context.database.read((session) => findMask(session, schema, annotation, maskId));
  if (!mask) throw maskNotFound();
  return mask;
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
