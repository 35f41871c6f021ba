import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { existingMasks, masksById, newestMaskId, type PromisedObject } from '../repositories/reconcile.js';
import { isStorageError, type Storage } from '../storage/storage.js';
import { forEach } from './concurrency.js';
import type { MaskFinding } from './reconcile-report.js';
import { type ReconcileRun, type ReconcileStep, STEP } from './reconcile-run.js';

/** An object whose bytes broke off so often, while the store answered, is a finding. */
const READ_ATTEMPTS = 3;

/**
 * Looks every mask's object up in the store. Masks recorded meanwhile have just been verified; they are left to the next
 * run, so that this one ends.
 */
export async function* reconcileMasks(
  { context, schema, signal }: ReconcileRun,
  checksums: boolean,
): AsyncGenerator<ReconcileStep<MaskFinding>> {
  const { database, storage, settings } = context;
  const last = await database.read((session) => newestMaskId(session, schema));
  // hand-made tables may count from anywhere
  let after = Number.MIN_SAFE_INTEGER;
  for (;;) {
    signal?.throwIfAborted();
    const masks = await database.read((session) => masksById(session, schema, after, last, STEP));
    const newest = masks.at(-1);
    if (newest === undefined) return;
    after = newest.id;

    const suspects: MaskFinding[] = [];
    await forEach(masks, settings.verifyConcurrency, signal, async (mask) => {
      const fault = await findFault(storage, mask, checksums, signal);
      if (fault) suspects.push(fault);
    });
    yield { checked: masks.length, findings: await stillThere(suspects) };
  }

  /** An object goes only after its row: the fault of a mask deleted meanwhile is none. */
  async function stillThere(suspects: MaskFinding[]): Promise<MaskFinding[]> {
    if (suspects.length === 0) return [];
    const ids = suspects.map(({ maskId }) => maskId);
    const there = await database.read((session) => existingMasks(session, schema, ids));
    return suspects.filter(({ maskId }) => there.has(maskId)).sort((a, b) => a.maskId - b.maskId);
  }
}

async function findFault(
  storage: Storage,
  mask: PromisedObject,
  checksums: boolean,
  signal: AbortSignal | undefined,
): Promise<MaskFinding | undefined> {
  const { id: maskId, mask_group_id: groupId, file_path: key, file_size: expected, checksum } = mask;
  const at = { maskId, groupId, key };
  const hasSize = (stored: number) => expected === null || expected === stored;
  try {
    if (!checksums || checksum === null) {
      const { size } = await storage.head(key, { signal });
      return hasSize(size) ? undefined : { kind: 'wrongSize', ...at, expected: expected ?? 0, stored: size };
    }
    for (let attempt = 1; attempt <= READ_ATTEMPTS; attempt++) {
      signal?.throwIfAborted();
      const { info, body } = await storage.read(key, { signal });
      if (!hasSize(info.size)) {
        body.destroy();
        return { kind: 'wrongSize', ...at, expected: expected ?? 0, stored: info.size };
      }
      const stored = await sha256Of(body, info.size);
      if (stored === checksum) return undefined;
      if (stored !== undefined) return { kind: 'wrongChecksum', ...at, expected: checksum, stored };
    }
    return { kind: 'unreadable', ...at };
  } catch (error) {
    if (isStorageError(error) && error.code === 'no-such-key') return { kind: 'missing', ...at };
    throw error;
  }
}

/** Undefined when the stream breaks off. */
async function sha256Of(body: Readable, size: number): Promise<string | undefined> {
  const hash = createHash('sha256');
  let read = 0;
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      hash.update(chunk);
      read += chunk.length;
    }
  } catch {
    return undefined;
  }
  return read === size ? hash.digest('hex') : undefined;
}
