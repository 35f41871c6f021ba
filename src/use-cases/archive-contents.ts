import type { Readable } from 'node:stream';
import { MaskUploadError } from '../domain/errors.js';
import { listMasks, type MaskPosition, type MaskRow, positionOf } from '../repositories/masks.js';
import { mapAhead } from './concurrency.js';
import type { Context, GroupScope } from './context.js';
import { isSmall, readMask } from './read-mask.js';

/** The masks that a group held at one moment: these many, up to this id. */
export interface GroupState {
  count: number;
  newestId: number;
}

const PAGE = 1000;

/** Small objects read ahead, for each archive: at most 4 MiB in all. */
const AHEAD = 16;

/**
 * The masks of that state in the order of a list, by pages that each take a short transaction.
 * @throws MaskUploadError `mask-not-found` at the end, when some are gone: masks are deleted, never changed.
 */
export async function* masksOf(
  context: Context,
  { schema, groupId }: GroupScope,
  { count, newestId }: GroupState,
): AsyncGenerator<MaskRow, void, undefined> {
  let found = 0;
  for (let after: MaskPosition | undefined; ; ) {
    const page = await context.database.read((session) =>
      listMasks(session, schema, groupId, { newest_id: newestId }, PAGE, after),
    );
    found += page.length;
    yield* page;
    const last = page.at(-1);
    if (page.length < PAGE || !last) break;
    after = positionOf(last);
  }
  if (found !== count) {
    const message = 'Masks of the group were deleted while its archive was made. Ask for it again.';
    throw new MaskUploadError('mask-not-found', message);
  }
}

export interface MaskContent {
  mask: MaskRow;
  body: Readable;
  length: number;
}

/**
 * The masks with their bytes, checked against their rows. Most are tiny, and asking for one after the other would be
 * slow: small ones are read ahead. A large one is opened when it is its turn, so one at a time.
 *
 * @throws MaskUploadError `storage-unavailable`, `mask-not-found`
 */
export async function* contentsOf(
  context: Context,
  scope: GroupScope,
  masks: AsyncIterable<MaskRow>,
  signal: AbortSignal,
): AsyncGenerator<MaskContent, void, undefined> {
  const started = mapAhead(masks, AHEAD, async (mask) => ({
    mask,
    opened: isSmall(mask) ? await readMask(context, scope, mask, { signal }) : undefined,
  }));
  for await (const { mask, opened } of started) {
    yield { mask, ...(opened ?? (await readMask(context, scope, mask, { signal }))) };
  }
}
