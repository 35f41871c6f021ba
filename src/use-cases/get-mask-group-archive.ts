import { setMaxListeners } from 'node:events';
import { Readable } from 'node:stream';
import { archiveEntryName } from '../domain/archive-entry-name.js';
import type { MaskGroup } from '../domain/types.js';
import { recordAudit } from '../repositories/audit.js';
import { findGroup, lockGroup } from '../repositories/groups.js';
import { newestMaskId } from '../repositories/masks.js';
import { contentsOf, type GroupState, type MaskContent, masksOf } from './archive-contents.js';
import type { Context, GroupScope } from './context.js';
import { groupNotFound } from './get-mask-group.js';
import { createZipWriter, type ZipWriter } from './zip-writer.js';

/**
 * Every mask of a group and a `metadata.json` as one ZIP, made while it is read, in constant memory and without holding
 * a connection to the database.
 *
 * It is the group at one moment, whole, or it breaks: the stream fails, and never ends as a ZIP would, when an object is
 * missing or not what was verified, and when a mask is deleted or replaced before its turn. Masks that are added
 * meanwhile are not in it. Destroying the stream stops everything.
 *
 * @throws MaskUploadError `mask-group-not-found`; `storage-unavailable` or `mask-not-found` when the first object cannot
 *   be had. The stream fails with these, too.
 */
export async function getMaskGroupArchive(context: Context, scope: GroupScope): Promise<Readable> {
  const { group, state } = await takeState(context, scope);
  const stop = new AbortController();
  // one for each object being read
  setMaxListeners(0, stop.signal);
  const contents = contentsOf(context, scope, masksOf(context, scope, state), stop.signal);
  try {
    // while it can still be answered with an error
    const first = await contents.next();
    const zip = createZipWriter();
    zip.output.once('close', () => stop.abort());
    writeArchive(context, scope, zip, { group, state, first, contents }, stop.signal).catch((error: Error) =>
      zip.output.destroy(error),
    );
    return zip.output;
  } catch (error) {
    stop.abort();
    throw error;
  }
}

/** With the group locked nothing is being recorded: what has no higher id than the newest mask is there already. */
async function takeState(context: Context, scope: GroupScope): Promise<{ group: MaskGroup; state: GroupState }> {
  const { schema, annotation, groupId, caller } = scope;
  return context.database.write(async (session) => {
    const locked = await lockGroup(session, schema, annotation, groupId);
    const group = locked && (await findGroup(session, schema, annotation, groupId));
    if (!group) throw groupNotFound();
    const state = { count: group.mask_count, newestId: await newestMaskId(session, schema, groupId) };
    const details = { masks: state.count };
    await recordAudit(session, schema, caller, {
      action: 'archive-downloaded',
      outcome: 'done',
      annotation,
      groupId,
      details,
    });
    return { group, state };
  });
}

async function writeArchive(
  context: Context,
  scope: GroupScope,
  zip: ZipWriter,
  parts: {
    group: MaskGroup;
    state: GroupState;
    first: IteratorResult<MaskContent, void>;
    contents: AsyncGenerator<MaskContent, void, undefined>;
  },
  signal: AbortSignal,
): Promise<void> {
  const { group, state, first, contents } = parts;
  // ahead of the masks, so that deleting one that is through breaks nothing
  const metadata = { name: 'metadata.json', modifiedAt: new Date(group.updated_at) };
  await zip.add(metadata, Readable.from(metadataOf(context, scope, group, state)), signal);
  for (let next = first; !next.done; next = await contents.next()) {
    const { mask, body, length } = next.value;
    const name = archiveEntryName(mask, context.settings.mimeTypes);
    await zip.add({ name, size: length, modifiedAt: new Date(mask.created_at) }, body, signal);
  }
  zip.end();
}

/** The text of `metadata.json`, a mask at a time: the true labels, and what the bytes can be checked with. */
async function* metadataOf(
  context: Context,
  scope: GroupScope,
  group: MaskGroup,
  state: GroupState,
): AsyncGenerator<string, void, undefined> {
  yield `{"mask_group": ${JSON.stringify(group)},\n"masks": [`;
  let separator = '\n';
  for await (const mask of masksOf(context, scope, state)) {
    const { mask_group_id: _, file_path: __, ...fields } = mask;
    yield separator + JSON.stringify({ file_name: archiveEntryName(mask, context.settings.mimeTypes), ...fields });
    separator = ',\n';
  }
  yield '\n]}\n';
}
