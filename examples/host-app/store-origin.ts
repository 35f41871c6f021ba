import type { OpenStorage } from './storage.js';

/**
 * Where the storage's signed URLs lead, for the page's Content-Security-Policy: asked of the storage itself, since it
 * depends on endpoint, region and bucket. Undefined when it cannot sign; why, `check()` has said by then.
 */
export async function storeOrigin(storage: OpenStorage): Promise<string | undefined> {
  // signs, but nobody ever uses the URL
  const key = 'mask/origin' as Parameters<OpenStorage['signDownload']>[0];
  return storage.signDownload(key, { ttlSeconds: 1, contentType: 'image/png', fileName: 'origin.png' }).then(
    ({ url }) => new URL(url).origin,
    () => undefined,
  );
}
