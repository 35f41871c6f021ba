import { setTimeout as delay } from 'node:timers/promises';
import { MaskUploadError } from '../domain/errors.js';
import { findUploads, type UploadRow } from '../repositories/uploads.js';
import type { Context, GroupScope } from './context.js';
import { keepOutcomes, type Outcome } from './keep-outcomes.js';
import { withLease } from './verification-lease.js';
import type { ReadOnce, Verification } from './verify-object.js';

/** Between two looks at what another process has found out. */
const POLL_MS = 500;

export function verificationInProgress(): MaskUploadError {
  const message = 'Verifying takes longer than one answer may. What is done is kept: repeat the same call.';
  return new MaskUploadError('verification-in-progress', message, { retryAfterSeconds: 2 });
}

/**
 * What is true of one pending upload: from its row, from the store, or from another process that is reading the object
 * right now. Reading a large object takes long, so only one process does it, and keeps the result at once.
 *
 * @param signal aborted when nobody waits for the answer any more; what is being read is still read to its end.
 * @returns `gone` when the pending row went meanwhile: recorded by another call, given up, or deleted.
 * @throws MaskUploadError `verification-in-progress` after `signal`; StorageError
 */
export async function verifyUpload(
  context: Context,
  scope: GroupScope,
  pending: UploadRow,
  signal: AbortSignal,
): Promise<NonNullable<Outcome['result']>> {
  const { schema, groupId } = scope;
  const readOnce: ReadOnce = async (read) => {
    const result = await withLease(context, scope, pending.id, async (stop) => {
      const found = await read(stop);
      await keepOutcomes(context, scope, [{ upload: pending, result: found }]);
      return found;
    });
    return result ?? { status: 'undecided' };
  };

  let upload = pending;
  for (;;) {
    const result = knownResult(upload) ?? (await context.verifier.verify(upload, signal, readOnce));
    if (result.status !== 'undecided') return result;
    do {
      await delay(POLL_MS, undefined, { signal }).catch(() => undefined);
      if (signal.aborted || context.closing.aborted) throw verificationInProgress();
      const [row] = await context.database.read((session) =>
        findUploads(session, schema, groupId, [], [pending.id], 'no lock'),
      );
      if (!row) return { status: 'gone' };
      upload = row;
    } while (upload.being_verified && !knownResult(upload));
  }
}

/** What is kept on the row needs no reading. */
function knownResult(upload: UploadRow): Verification | undefined {
  const { verified_checksum: checksum, verified_width: width, verified_height: height } = upload;
  if (checksum !== null) return { status: 'verified', checksum, width, height };
  if (upload.rejected_code === null) return undefined;
  return { status: 'rejected', code: upload.rejected_code, reason: upload.rejected_reason ?? 'It was rejected.' };
}
