import { el } from '../dom.js';
import { explain } from '../explain.js';
import { linkTo, type Place } from '../place.js';
import { api } from '../users.js';
import { groupList } from './group-list.js';
import { problemNotice } from './notice.js';

export interface Annotation {
  id: number;
  title: string;
}

const GROUPS_SHOWN = 200;

/** The annotations, and the groups of the one that is chosen. */
export async function rail(
  annotations: readonly Annotation[],
  place: Place,
  signal: AbortSignal,
): Promise<HTMLElement[]> {
  const links = annotations.map(({ id, title }) =>
    el(
      'li',
      {},
      el(
        'a',
        {
          class: 'annotation',
          href: linkTo({ annotationId: id, groupId: undefined }),
          'aria-current': id === place.annotationId ? 'true' : undefined,
        },
        el('span', { class: 'number' }, String(id)),
        title,
      ),
    ),
  );
  const fresh = el('a', { class: 'button', href: linkTo({ ...place, groupId: undefined }) }, 'New');
  return [
    el('h2', {}, 'Annotations'),
    el('ul', { class: 'annotations' }, ...links),
    el('div', { class: 'row' }, el('h2', {}, 'Mask groups'), el('span', { class: 'space' }), fresh),
    await groups(place, signal),
  ];
}

async function groups(place: Place, signal: AbortSignal): Promise<HTMLElement> {
  try {
    const page = await api().listMaskGroups({ annotation_id: place.annotationId, limit: GROUPS_SHOWN, signal });
    return groupList(page.mask_groups, place, signal);
  } catch (error) {
    signal.throwIfAborted();
    return problemNotice(explain(error, `look at annotation ${place.annotationId}`));
  }
}
