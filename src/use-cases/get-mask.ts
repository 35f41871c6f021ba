import { MaskUploadError } from '../domain/errors.js';
import type { Mask } from '../domain/types.js';
import { type AuditAction, recordAudit } from '../repositories/audit.js';
import type { Session } from '../repositories/database.js';
import { findMask, type MaskRow } from '../repositories/masks.js';
import type { Context, MaskScope, Scope } from './context.js';
import { withDownloadUrl } from './sign-download.js';

export function maskNotFound(): MaskUploadError {
  return new MaskUploadError('mask-not-found', 'This annotation has no such mask.');
}

export async function requireMask(context: Context, { schema, annotation, maskId }: MaskScope): Promise<MaskRow> {
  const mask = await context.database.read((session) => findMask(session, schema, annotation, maskId));
  if (!mask) throw maskNotFound();
  return mask;
}

/** One mask that is about to be handed out, as a URL or as bytes, which goes on record first. */
export async function requireMaskForDownload(
  context: Context,
  scope: MaskScope,
  action: DownloadAction = 'download-urls-issued',
): Promise<MaskRow> {
  return context.database.write(async (session) => {
    const mask = await findMask(session, scope.schema, scope.annotation, scope.maskId);
    if (!mask) throw maskNotFound();
    await auditDownloads(session, scope, mask.mask_group_id, [mask], action);
    return mask;
  });
}

type DownloadAction = Extract<AuditAction, 'download-urls-issued' | 'content-downloaded'>;

/** Puts on record that masks are about to be handed out. */
export async function auditDownloads(
  session: Session,
  { schema, annotation, caller }: Scope,
  groupId: number,
  masks: readonly MaskRow[],
  action: DownloadAction = 'download-urls-issued',
): Promise<void> {
  if (masks.length === 0) return;
  const details = { mask_ids: masks.map((mask) => mask.id) };
  await recordAudit(session, schema, caller, { action, outcome: 'done', annotation, groupId, details });
}

/** One mask, with a download URL when asked for. */
export async function getMask(
  context: Context,
  scope: MaskScope,
  query: { include_download_url: boolean },
): Promise<Mask> {
  return query.include_download_url
    ? withDownloadUrl(context, await requireMaskForDownload(context, scope))
    : requireMask(context, scope);
}
