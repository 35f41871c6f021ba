import { randomBytes } from 'node:crypto';
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Storage, type StorageFromEnv, storageFromEnv } from './pacs-mask-upload.js';

/** With a `handler` to be mounted when the storage is a folder. */
export type OpenStorage = StorageFromEnv;

/** The storage that the environment describes. Where it says nothing: files in the demo's own folder. */
export async function openStorage(
  env: NodeJS.ProcessEnv,
  { folder, url }: { folder: string; url: string },
): Promise<OpenStorage> {
  // whoever sets S3_BUCKET_NAME and forgets the provider wants to be told
  const provider = env.OBJECT_STORAGE_PROVIDER?.trim() || (env.S3_BUCKET_NAME?.trim() ? '' : 'filesystem');
  if (provider !== 'filesystem') return storageFromEnv(env);
  return storageFromEnv({
    ...env,
    OBJECT_STORAGE_PROVIDER: provider,
    FILESYSTEM_STORAGE_ROOT: env.FILESYSTEM_STORAGE_ROOT?.trim() || join(folder, 'storage'),
    FILESYSTEM_STORAGE_SECRET: env.FILESYSTEM_STORAGE_SECRET?.trim() || (await ownSecret(folder)),
    FILESYSTEM_STORAGE_PUBLIC_URL: env.FILESYSTEM_STORAGE_PUBLIC_URL?.trim() || `${url}/mask-files`,
  });
}

/** Made at the first start and kept. Written under another name first: two demos that start at once get the same. */
async function ownSecret(folder: string): Promise<string> {
  const file = join(folder, 'storage-secret');
  const draft = `${file}.new-${randomBytes(4).toString('hex')}`;
  await mkdir(folder, { recursive: true });
  await writeFile(draft, randomBytes(32).toString('base64'), { mode: 0o600 });
  await link(draft, file).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  await rm(draft);
  return readFile(file, 'utf8');
}

/** Tries the storage out, and says what does not hold. */
export async function reportStorage(storage: Storage): Promise<void> {
  const { ok, findings } = await storage.check();
  if (ok) {
    console.log(`storage (${storage.provider}): everything the package relies on holds`);
    return;
  }
  for (const { name, ok, message } of findings) {
    if (!ok && !message.startsWith('Not tried')) console.error(`storage (${storage.provider}): ${name}: ${message}`);
  }
}
