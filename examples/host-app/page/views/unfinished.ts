import type { Mask, MaskGroup, MaskGroupWithStats } from '../../pacs-mask-upload-client.js';
import { announce } from '../announce.js';
import { el } from '../dom.js';
import { maskSet, sliceKey } from '../mask-set.js';
import { sampleMasks } from '../phantom/masks.js';
import { rememberedUpload } from '../remembered.js';
import { isSample, sampleFiles } from '../sample.js';
import { startUpload } from '../uploads.js';
import { count, ranges, share } from '../words.js';
import { type Chosen, dropZone } from './drop-zone.js';
import { notice } from './notice.js';
import type { Page } from './page.js';

/**
 * What to do about a group that an upload stopped half-way into, or undefined when nothing seems to be missing. The sample
 * is drawn again. Of a folder the browser has lost the files: it has to be dropped again.
 */
export function unfinished(group: MaskGroupWithStats, masks: readonly Mask[], page: Page): HTMLElement | undefined {
  const recorded = new Set(masks.map(sliceKey));
  const missing = wantedIn(group)?.filter((key) => !recorded.has(key));
  if (missing ? missing.length === 0 : group.status === 'complete') return undefined;
  const text = `${stateOf(group)} ${missing ? `Missing: ${listOf(missing)}.` : ''}`;

  if (isSample(group)) {
    const goOn = el('button', { class: 'primary', type: 'button' }, 'Go on');
    goOn.addEventListener('click', async () => {
      goOn.disabled = true;
      announce('Drawing the sample again');
      const files = await sampleFiles((done, total) => {
        goOn.textContent = `Drawing ${done} of ${total}`;
      });
      startUpload(page.place.annotationId, group.id, files);
      page.reload();
    });
    return notice('This upload stopped half-way', text, goOn);
  }

  const answer = el('div', { role: 'status' });
  const zone = dropZone(
    {
      title: 'Drop the same folder again',
      hint: 'The browser forgets files when a page is reloaded. What has arrived already is not sent again.',
    },
    (chosen) => {
      const { files, absent } = compare(chosen, missing);
      if (files.length === 0) answer.textContent = 'There are no masks in this: no file is named like 0001_liver.png.';
      else if (absent.length === 0) start();
      else {
        const anyway = el(
          'button',
          { type: 'button', onclick: start },
          `Upload ${count(files.length, 'mask')} all the same`,
        );
        answer.replaceChildren(notice('This folder does not have everything', `Not in it: ${listOf(absent)}.`, anyway));
      }
      function start(): void {
        startUpload(page.place.annotationId, group.id, files);
        page.reload();
      }
    },
  );
  return el('div', { class: 'stack' }, notice('This group is not complete', text), zone, answer);
}

/** Slices and labels that the group is to have in the end, where that is known. */
function wantedIn(group: MaskGroup): string[] | undefined {
  if (!isSample(group)) return rememberedUpload(group.id);
  return sampleMasks().map(({ slice, label }) => sliceKey({ slice_index: slice, label_name: label }));
}

function stateOf({ uploaded_slices, slice_count, stats }: MaskGroupWithStats): string {
  const waiting = stats.pending_uploads > 0 ? `, and ${count(stats.pending_uploads, 'file')} more begun` : '';
  return `${share(uploaded_slices, slice_count, 'slice')} recorded${waiting}.`;
}

function compare({ files }: Chosen, missing: string[] | undefined) {
  const found = maskSet(files);
  const brought = new Set(found.files.map(sliceKey));
  return { files: found.files, absent: (missing ?? []).filter((key) => !brought.has(key)) };
}

/** "slices 4–9 of liver; 12 of tumour" */
function listOf(keys: readonly string[]): string {
  const byLabel = new Map<string, number[]>();
  for (const key of keys) {
    const [slice = '', ...label] = key.split(' ');
    byLabel.set(label.join(' '), [...(byLabel.get(label.join(' ')) ?? []), Number(slice)]);
  }
  const parts = [...byLabel].map(([label, slices]) => {
    return `${ranges(slices.sort((a, b) => a - b))}${label === '' ? '' : ` of ${label}`}`;
  });
  return `slices ${parts.join('; ')}`;
}
