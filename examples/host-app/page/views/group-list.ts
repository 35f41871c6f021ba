import type { MaskGroup } from '../../pacs-mask-upload-client.js';
import { el } from '../dom.js';
import { linkTo, type Place } from '../place.js';
import { uploadOf } from '../uploads.js';
import { bytes, count } from '../words.js';
import { nameOf } from './group.js';
import { statusBadge } from './status-badge.js';

/** The groups of an annotation, newest first, each with how far it is. */
export function groupList(groups: readonly MaskGroup[], place: Place, signal: AbortSignal): HTMLElement {
  if (groups.length === 0) return el('p', { class: 'hint' }, 'No masks yet.');
  return el('ul', { class: 'groups' }, ...groups.map((group) => el('li', {}, card(group, place, signal))));
}

function card(group: MaskGroup, place: Place, signal: AbortSignal): HTMLElement {
  const bar = el('progress', {
    max: group.slice_count,
    value: Math.min(group.uploaded_slices, group.slice_count),
    'aria-label': 'Slices recorded',
  });
  const facts = el('span', { class: 'facts' }, factsOf(group));
  const upload = uploadOf(group.id);
  if (upload?.state === 'running') {
    const show = () => {
      const { done, total } = upload.progress?.files ?? { done: 0, total: upload.files.length };
      bar.max = Math.max(1, total);
      bar.value = done;
      facts.textContent = `Uploading: ${done} of ${count(total, 'file')}`;
    };
    signal.addEventListener('abort', upload.watch(show));
    show();
  }
  return el(
    'a',
    {
      class: 'group',
      href: linkTo({ ...place, groupId: group.id }),
      'aria-current': place.groupId === group.id ? 'page' : undefined,
    },
    el(
      'span',
      { class: 'row' },
      el('span', { class: 'id' }, `#${group.id}`),
      el('span', { class: 'name' }, nameOf(group)),
      el('span', { class: 'space' }),
      statusBadge(group),
    ),
    bar,
    facts,
  );
}

function factsOf({ uploaded_slices, slice_count, mask_count, total_bytes }: MaskGroup): string {
  return `${uploaded_slices} of ${count(slice_count, 'slice')} · ${count(mask_count, 'mask')} · ${bytes(total_bytes)}`;
}
