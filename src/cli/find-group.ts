import { type ClientOptions, createMaskClient, type MaskGroup, type MaskGroupFields } from '../client/index.js';
import { repeat } from '../client/repeat.js';

/**
 * The newest group of the annotation with this name (and model, version and modality, as far as they are given),
 * whether or not it is complete: a run that was killed after its last file must not upload everything again. The
 * server is asked, not a file beside the masks: it knows better what arrived, and the folder may be read-only or gone.
 */
export async function findGroup(
  options: ClientOptions,
  annotation: string,
  wanted: MaskGroupFields,
  signal: AbortSignal,
): Promise<MaskGroup | undefined> {
  const client = createMaskClient(options);
  const { model_name, modality } = wanted;
  let cursor: string | null | undefined;
  do {
    const query = {
      annotation_id: annotation,
      limit: 200,
      ...(model_name && { model_name }),
      ...(modality && { modality }),
      ...(cursor && { cursor }),
      signal,
    };
    const page = await repeat(() => client.listMaskGroups(query), signal);
    const found = page.mask_groups.find(
      ({ group_name, version }) =>
        group_name === wanted.group_name?.normalize('NFC').trim() && (!wanted.version || version === wanted.version),
    );
    if (found) return found;
    cursor = page.next_cursor;
  } while (cursor);
  return undefined;
}
