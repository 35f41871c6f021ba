import { fieldError } from '../domain/errors.js';
import { servedFile } from '../domain/served-file.js';
import type { Mask, SignedDownload } from '../domain/types.js';
import { validateBody } from '../domain/validation.js';
import type { MaskRow } from '../repositories/masks.js';
import type { SignedRequest } from '../storage/storage.js';
import type { Context, MaskScope } from './context.js';
import { requireMaskForDownload } from './get-mask.js';
import type { Settings } from './options.js';
import { secondsUntil, storageCall } from './storage-call.js';

/** A signed GET of a mask's bytes. */
export async function signMaskDownload(context: Context, scope: MaskScope, body: unknown): Promise<SignedDownload> {
  const ttlSeconds = checkTtl(validateBody('SignDownloadRequest', body ?? {}).ttl_seconds, context.settings);
  const mask = await requireMaskForDownload(context, scope);
  const { url, headers, expiresAt } = await sign(context, mask, 'GET', ttlSeconds);
  return {
    download_url: url,
    method: 'GET',
    headers,
    file_path: mask.file_path,
    expires_in: secondsUntil(expiresAt, Date.now(), ttlSeconds),
    expires_at: expiresAt.toISOString(),
  };
}

/** Where a mask's bytes are to be had: the target of a redirect for `<img>` and curl. */
export async function locateMaskContent(context: Context, scope: MaskScope, method: 'GET' | 'HEAD'): Promise<string> {
  const mask = await requireMaskForDownload(context, scope);
  return (await sign(context, mask, method, context.settings.defaultTtlSeconds)).url;
}

export async function withDownloadUrl(context: Context, mask: MaskRow): Promise<Mask> {
  const { url, expiresAt } = await sign(context, mask, 'GET', context.settings.defaultTtlSeconds);
  return { ...mask, download_url: url, download_expires_at: expiresAt.toISOString() };
}

/** @throws MaskUploadError `invalid-request` above the configured maximum. */
export function checkTtl(ttlSeconds: number | null | undefined, settings: Settings): number {
  const ttl = ttlSeconds ?? settings.defaultTtlSeconds;
  if (ttl > settings.maxTtlSeconds) {
    throw fieldError('invalid-request', '/ttl_seconds', `ttl_seconds must be at most ${settings.maxTtlSeconds}`);
  }
  return ttl;
}

function sign(context: Context, mask: MaskRow, method: 'GET' | 'HEAD', ttlSeconds: number): Promise<SignedRequest> {
  const file = servedFile(mask, context.settings.mimeTypes);
  return storageCall(() => context.storage.signDownload(mask.file_path, { ttlSeconds, method, ...file }));
}
