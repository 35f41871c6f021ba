import { fieldError } from '../domain/errors.js';
import type { CompleteRequest, Completion } from '../domain/types.js';
import { announceAuditedDeletion, recordAudit } from '../repositories/audit.js';
import type { Session } from '../repositories/database.js';
import { type GroupTotals, groupLabels, groupStatus, groupTotals, lockGroup } from '../repositories/groups.js';
import { type MaskRow, slicesWithSeveralUids } from '../repositories/masks.js';
import { deleteReplacedMasks, recordMasks, type UploadRow } from '../repositories/uploads.js';
import { addProblem, type FileProblems, findFiles, keyOf, knownProblems, throwProblems } from './completed-files.js';
import type { GroupScope } from './context.js';
import { groupNotFound } from './get-mask-group.js';
import type { VerifiedUploads } from './verify-uploads.js';

/**
 * Records verified uploads as masks, inside the caller's transaction. Whatever it throws rolls everything back: rows
 * it replaced, and the queue entries that the triggers made.
 */
export async function recordFiles(
  session: Session,
  scope: GroupScope,
  body: CompleteRequest,
  verified: VerifiedUploads,
): Promise<{ completion: Completion; recorded: readonly MaskRow[]; replaced: readonly number[] }> {
  const { schema, annotation, groupId, caller } = scope;
  const files = body.uploaded_files;
  if (!(await lockGroup(session, schema, annotation, groupId))) throw groupNotFound();

  // with the group locked, nothing of it moves any more: what is found now is what will be recorded
  const found = await findFiles(session, scope, files, 'lock');
  const problems: FileProblems = knownProblems(files, found);
  throwProblems(problems);
  const pending: { index: number; upload: UploadRow }[] = [];
  const masks = new Map<string, MaskRow>();
  for (const [index, file] of files.entries()) {
    const hit = found.get(file);
    if (hit?.mask) masks.set(hit.mask.file_path, hit.mask);
    if (hit?.upload) pending.push({ index, upload: hit.upload });
  }

  let replaced: readonly number[] = [];
  const recorded: MaskRow[] = [];
  if (pending.length > 0) {
    const ids = pending.map(({ upload }) => upload.id);
    if (body.replace) {
      await announceAuditedDeletion(session);
      const asked = [...masks.values()].map((mask) => mask.id);
      replaced = await deleteReplacedMasks(session, schema, groupId, ids, asked);
    }
    const results = ids.flatMap((id) => verified.get(id) ?? []);
    for (const mask of await recordMasks(session, schema, groupId, results)) {
      masks.set(mask.file_path, mask);
      recorded.push(mask);
    }
    for (const { index, upload } of pending) {
      if (!masks.has(upload.file_path)) addProblem(problems, index, 'slice-exists', SLICE_EXISTS);
    }
    throwProblems(problems);
    await refuseSeveralUids(session, scope, pending);
  }

  const totals = await groupTotals(session, schema, groupId);
  await compareWithExpectations(session, scope, body, totals);
  await recordAudit(session, schema, caller, {
    action: 'completed',
    outcome: 'done',
    annotation,
    groupId,
    details: { mask_ids: recorded.map((mask) => mask.id), replaced_mask_ids: replaced },
  });
  return {
    completion: {
      status: groupStatus(totals.slice_count, totals),
      processed_masks: files.length,
      masks: files.flatMap((file) => masks.get(keyOf(found.get(file)) ?? '') ?? []),
    },
    recorded,
    replaced,
  };
}

const SLICE_EXISTS =
  'The group already holds a mask for this slice and label. Delete it first, or complete with "replace": true.';

async function refuseSeveralUids(
  session: Session,
  { schema, groupId }: GroupScope,
  pending: readonly { index: number; upload: UploadRow }[],
): Promise<void> {
  const indexes = [...new Set(pending.flatMap(({ upload }) => upload.slice_index ?? []))];
  const several = new Set(await slicesWithSeveralUids(session, schema, groupId, indexes));
  if (several.size === 0) return;
  const problems: FileProblems = new Map();
  for (const { index, upload } of pending) {
    if (upload.slice_index === null || upload.sop_instance_uid === null || !several.has(upload.slice_index)) continue;
    const message = 'In this group the slice would have two SOP Instance UIDs; one of them belongs to another slice.';
    addProblem(problems, index, 'slice-uid-mismatch', message);
  }
  throwProblems(problems);
}

/** The client's end-to-end check: what it sent in all must be what the group now holds. */
async function compareWithExpectations(
  session: Session,
  { schema, groupId }: GroupScope,
  body: CompleteRequest,
  totals: GroupTotals & { slice_count: number },
): Promise<void> {
  const { slice_count: slices, labels } = body;
  // the slices inside a volume cannot be counted here: it stands for as many as the group says
  const held = totals.volumes > 0 && totals.uploaded_slices === 0 ? totals.slice_count : totals.uploaded_slices;
  if (slices !== undefined && slices !== null && slices !== held) {
    const message = `The group would hold ${held} distinct slices. Upload what is missing, or send the right slice_count.`;
    throw fieldError('slice-count-mismatch', '/slice_count', message);
  }
  if (labels === undefined || labels === null) return;
  const heldLabels = new Set(await groupLabels(session, schema, groupId));
  const expected = new Set(labels.map((label) => label.normalize('NFC').trim()));
  if (expected.size !== heldLabels.size || [...expected].some((label) => !heldLabels.has(label))) {
    const message = `The group would hold ${heldLabels.size} labels that are not the ones in labels.`;
    throw fieldError('labels-mismatch', '/labels', message);
  }
}
