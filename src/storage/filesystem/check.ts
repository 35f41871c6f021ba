import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import type { ObjectKey, Sha256Hex } from '../../domain/types.js';
import type { CheckFinding, StorageCheck } from '../storage.js';
import { abortMultipart, completeMultipart, listParts, startMultipart, writePart } from './multipart.js';
import { deleteObjects, openObject, statObject } from './object-files.js';
import type { RootFolder } from './root-folder.js';
import { WriteRefused, writeOnce } from './write-once.js';

/** Tries the storage folder with throw-away objects, in the order in which one thing rests on the other. */
export async function checkRootFolder(root: RootFolder): Promise<StorageCheck> {
  const findings: CheckFinding[] = [];
  const bytes = randomBytes(1000);
  const expected = { contentLength: bytes.length, sha256: sha256(bytes) };
  const [key, other, volume] = [throwAwayKey(), throwAwayKey(), throwAwayKey()];

  async function find(name: string, message: string, attempt: () => Promise<void>): Promise<boolean> {
    try {
      await attempt();
      findings.push({ name, ok: true, message });
      return true;
    } catch (error) {
      findings.push({ name, ok: false, message: error instanceof Error ? error.message : 'It failed' });
      return false;
    }
  }

  const works =
    (await find('reach', 'The storage folder is there', async () => {
      await root.ready();
      await root.assertThere();
    })) && (await find('write', 'Objects can be written', () => writeOnce(root, key, [bytes], expected)));
  if (works) {
    await find('read', 'Objects read as they were written', async () => {
      const { handle } = await openObject(root, key);
      const read = await buffer(handle.createReadStream());
      if (!read.equals(bytes)) throw new Error('An object did not read as it was written');
    });
    await find('write-once', 'A second writer of the same key is refused', () =>
      assertRefused('exists', writeOnce(root, key, [bytes], expected)),
    );
    await find('checksum', 'Other bytes than signed are refused', () =>
      assertRefused('checksum', writeOnce(root, other, [randomBytes(1000)], expected)),
    );
    await find('length', 'Other lengths than signed are refused', () =>
      assertRefused('length', writeOnce(root, other, [bytes.subarray(1)], expected)),
    );
    await find('multipart', 'Objects can be uploaded in parts', async () => {
      const id = await startMultipart(root, volume);
      try {
        await writePart(root, { key: volume, id, partNumber: 1, contentLength: bytes.length }, [bytes]);
        await completeMultipart(root, volume, id, await listParts(root, volume, id));
      } finally {
        await abortMultipart(root, volume);
      }
    });
    await find('delete', 'Objects can be deleted', async () => {
      const [failure] = await deleteObjects(root, [key, other, volume]);
      if (failure) throw failure.error;
      const left = await statObject(root, key).catch(() => undefined);
      if (left) throw new Error('A deleted object was still there');
    });
  }
  return { ok: findings.every(({ ok }) => ok), findings };
}

function throwAwayKey(): ObjectKey {
  return `pacs-mask-upload-check/${randomUUID()}.bin` as ObjectKey;
}

function sha256(bytes: Uint8Array): Sha256Hex {
  return createHash('sha256').update(bytes).digest('hex') as Sha256Hex;
}

async function assertRefused(reason: WriteRefused['reason'], writing: Promise<void>): Promise<void> {
  const outcome = await writing.catch((error: unknown) => error);
  if (outcome instanceof WriteRefused && outcome.reason === reason) return;
  if (outcome instanceof Error) throw outcome;
  throw new Error('What should have been refused was stored');
}
