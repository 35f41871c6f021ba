import type { MaskGroup } from '../../pacs-mask-upload-client.js';
import { el } from '../dom.js';
import { linkTo, type Place } from '../place.js';
import { uploadOf } from '../uploads.js';
import { bytes, count, share } from '../words.js';
import { nameOf } from './group.js';
import { statusBadge } from './status-badge.js';

/** The groups of an annotation, newest first, each with how far it is. */
export function groupList(groups: readonly MaskGroup[], place: Place, signal: AbortSignal): HTMLElement {
  if (groups.length === 0) return el('p', { class: 'hint' }, 'No masks yet.');
  return el('ul', { class: 'groups' }, ...groups.map((group) => el('li', {}, card(group, place, signal))));
}

function card(group: MaskGroup, place: Place, signal: AbortSignal): HTMLElement {
  const { id, slice_count, uploaded_slices, mask_count, total_bytes } = group;
  const bar = el('progress', {
    max: slice_count,
    value: Math.min(uploaded_slices, slice_count),
    'aria-label': 'Recorded',
  });
  const progress = el('span', { class: 'facts' }, share(uploaded_slices, slice_count, 'slice'));
  const upload = uploadOf(id);
  if (upload?.state === 'running') {
    const show = () => {
      const { sent, total } = upload.progress?.bytes ?? { sent: 0, total: 1 };
      bar.max = Math.max(1, total);
      bar.value = sent;
      progress.textContent = 'uploading';
    };
    signal.addEventListener('abort', upload.watch(show));
    show();
  }
  return el(
    'a',
    {
      class: 'group',
      href: linkTo({ ...place, groupId: id }),
      'aria-current': place.groupId === id ? 'page' : undefined,
    },
    el(
      'span',
      { class: 'line' },
      el('span', { class: 'name' }, nameOf(group)),
      el('span', { class: 'facts' }, `#${id}`),
    ),
    el('span', { class: 'line' }, bar, progress),
    el(
      'span',
      { class: 'line' },
      statusBadge(group),
      el('span', { class: 'facts' }, `${count(mask_count, 'mask')} · ${bytes(total_bytes)}`),
    ),
  );
}
