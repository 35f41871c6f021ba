import type { MaskClient, MaskGroupWithStats } from '../../pacs-mask-upload-client.js';
import { announce } from '../announce.js';
import { el } from '../dom.js';
import { explain } from '../explain.js';
import { go } from '../place.js';
import { listAllMasks } from '../slices.js';
import { dismissUpload, uploadOf } from '../uploads.js';
import { api } from '../users.js';
import { bytes, count, day, share } from '../words.js';
import { downloadZip } from '../zip.js';
import { confirm } from './confirm.js';
import { problemNotice } from './notice.js';
import type { Page } from './page.js';
import { statusBadge } from './status-badge.js';
import { unfinished } from './unfinished.js';
import { uploadPanel } from './upload-panel.js';
import { viewer } from './viewer.js';

/** One group: what it is, how its upload goes, and its masks to look at. Rejects with the client's errors. */
export async function groupView(page: Page, groupId: number): Promise<HTMLElement> {
  const client = api();
  const { annotationId } = page.place;
  const upload = uploadOf(groupId);
  const group = await client.getMaskGroup({ annotation_id: annotationId, group_id: groupId, signal: page.signal });
  const panel = upload && uploadPanel(upload, page);
  const view = el('div', { class: 'stack' }, header(group, client, page), panel);
  if (upload?.state === 'running') return view;

  const masks = await listAllMasks(client, group, page.signal);
  if (!upload) view.append(unfinished(group, masks, page) ?? '');
  if (masks.length > 0) view.append(viewer(group, masks, client, page.signal));
  return view;
}

function header(group: MaskGroupWithStats, client: MaskClient, page: Page): HTMLElement {
  const problem = el('div');
  const zip = el('button', { type: 'button' }, 'Download ZIP');
  zip.disabled = group.mask_count === 0;
  zip.addEventListener('click', async () => {
    zip.disabled = true;
    problem.replaceChildren();
    try {
      await downloadZip(group, (size) => {
        zip.textContent = `Downloading ${bytes(size)}`;
      });
      announce('The ZIP is downloaded');
    } catch (error) {
      problem.replaceChildren(problemNotice(explain(error, 'download the masks')));
    }
    zip.textContent = 'Download ZIP';
    zip.disabled = false;
  });

  const remove = el('button', { type: 'button', class: 'danger' }, 'Delete');
  remove.addEventListener('click', async () => {
    const text = `${count(group.mask_count, 'mask')} (${bytes(group.total_bytes)}) will be gone for good, here and in the storage.`;
    if (!(await confirm({ title: `Delete “${nameOf(group)}”?`, text, action: 'Delete' }))) return;
    try {
      uploadOf(group.id)?.cancel();
      await client.deleteMaskGroup({ annotation_id: group.annotation_id, group_id: group.id });
      dismissUpload(group.id);
      announce('The group is deleted');
      go({ ...page.place, groupId: undefined });
    } catch (error) {
      problem.replaceChildren(problemNotice(explain(error, 'delete these masks')));
    }
  });

  const facts = [
    `#${group.id}`,
    count(group.mask_count, 'mask'),
    share(group.uploaded_slices, group.slice_count, 'slice'),
    bytes(group.total_bytes),
    ...(group.modality === null ? [] : [group.modality]),
    ...(group.model_name === null ? [] : [[group.model_name, group.version].filter(Boolean).join(' ')]),
    day(group.created_at),
  ];
  return el(
    'header',
    { class: 'head' },
    el(
      'div',
      { class: 'row' },
      el('h2', { tabindex: -1 }, nameOf(group)),
      statusBadge(group),
      el('span', { class: 'space' }),
      zip,
      remove,
    ),
    el('p', { class: 'facts' }, facts.join(' · ')),
    problem,
  );
}

export function nameOf({ id, group_name }: { id: number; group_name: string | null }): string {
  return group_name ?? `Group ${id}`;
}
