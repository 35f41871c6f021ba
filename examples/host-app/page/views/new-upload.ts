import type { MaskGroupFields } from '../../pacs-mask-upload-client.js';
import { announce } from '../announce.js';
import { el } from '../dom.js';
import { explain } from '../explain.js';
import { type MaskSet, maskSet, type SliceFile } from '../mask-set.js';
import { go } from '../place.js';
import { SAMPLE_GROUP, sampleFiles } from '../sample.js';
import { startUpload } from '../uploads.js';
import { api } from '../users.js';
import { count } from '../words.js';
import { dropZone } from './drop-zone.js';
import { notice, problemNotice } from './notice.js';
import type { Page } from './page.js';

/** A place to drop a folder of masks on, and a look at what was found in it before anything is sent. */
export function newUploadView(page: Page, title: string): HTMLElement {
  const { annotationId } = page.place;
  const body = el('div', { class: 'stack' });
  const attempt = `upload masks to annotation ${annotationId}`;

  /** Goes to the new group; gives what to say when there is none. */
  async function send(
    fields: MaskGroupFields,
    files: () => Promise<readonly SliceFile[]>,
  ): Promise<HTMLElement | undefined> {
    try {
      const group = await api().createMaskGroup({ annotation_id: annotationId, body: fields });
      startUpload(annotationId, group.id, await files());
      if (page.signal.aborted) page.refreshList();
      else go({ annotationId, groupId: group.id });
      return undefined;
    } catch (error) {
      return problemNotice(explain(error, attempt));
    }
  }

  function choose(above?: HTMLElement): void {
    const sample = el('button', { class: 'primary', type: 'button' }, 'Make a sample');
    sample.addEventListener('click', async () => {
      sample.disabled = true;
      announce('Drawing the sample');
      const drawn = (done: number, total: number) => {
        sample.textContent = `Drawing ${done} of ${total}`;
      };
      const problem = await send(SAMPLE_GROUP, () => sampleFiles(drawn));
      if (problem) choose(problem);
    });
    const hint = 'PNGs named by slice and label, such as 0001_liver.png. Or let the page draw a CT with two labels.';
    const zone = dropZone({ title: 'Drop a folder of masks here', hint }, ({ folder, files }) => {
      const found = maskSet(files);
      if (found.files.length > 0) review(found, folder);
      else
        choose(notice('There are no masks in this', `${count(files.length, 'file')}, none named like 0001_liver.png.`));
    });
    zone.querySelector('.actions')?.prepend(sample);
    body.replaceChildren(...(above ? [above] : []), zone);
  }

  function review(found: MaskSet, folder: string | undefined): void {
    // in order, and counted from 0 or 1
    const [first, last] = [found.files[0]?.slice_index, found.files.at(-1)?.slice_index ?? 0];
    const slices = first === 0 ? last + 1 : last;
    const name = el('input', { name: 'name', maxlength: 128, value: folder ?? 'Masks', required: true });
    const sliceCount = el('input', {
      name: 'slices',
      type: 'number',
      min: 1,
      max: 1_000_000,
      value: slices,
      required: true,
    });
    const upload = el('button', { class: 'primary' }, `Upload ${count(found.files.length, 'mask')}`);
    const form = el(
      'form',
      {
        class: 'card stack',
        async onsubmit(event: SubmitEvent) {
          event.preventDefault();
          upload.disabled = true;
          const fields = { group_name: name.value.trim(), slice_count: sliceCount.valueAsNumber };
          const problem = await send(fields, async () => found.files);
          if (problem) problems.replaceChildren(problem);
          upload.disabled = false;
        },
      },
      el('h3', {}, describe(found)),
      ...leftOut(found).map((text) => el('p', { class: 'hint' }, text)),
      el('label', { class: 'field' }, 'Name of the group', name),
      el('label', { class: 'field' }, 'Slices of the series', sliceCount),
      el(
        'div',
        { class: 'actions' },
        upload,
        el('button', { type: 'button', onclick: () => choose() }, 'Choose others'),
      ),
    );
    const problems = el('div');
    body.replaceChildren(problems, form);
    name.focus();
  }

  choose();
  return el(
    'div',
    { class: 'stack' },
    el(
      'header',
      { class: 'head' },
      el('p', { class: 'overline' }, `Annotation ${annotationId} · ${title}`),
      el('h2', { tabindex: -1 }, 'New masks'),
    ),
    body,
    howItWorks(),
  );
}

function describe({ files, slices, labels }: MaskSet): string {
  const named = labels.length === 0 ? 'no labels' : `${count(labels.length, 'label')} (${labels.join(', ')})`;
  return `${count(files.length, 'mask')}: ${count(slices, 'slice')}, ${named}`;
}

function leftOut({ others, doubles }: MaskSet): string[] {
  return [
    ...(others > 0 ? [`${count(others, 'other file')} not named like 0001_liver.png will be left out.`] : []),
    ...(doubles.length > 0
      ? [
          `Left out, because another file has their slice and label: ${doubles.slice(0, 5).join(', ')}${doubles.length > 5 ? ' …' : ''}`,
        ]
      : []),
  ];
}

function howItWorks(): HTMLElement {
  const steps: [string, string][] = [
    ['Signed', 'The server signs one short-lived URL a file, a thousand in a call.'],
    ['Sent', 'The browser sends the bytes straight to the storage, several at once.'],
    ['Verified', 'The server checks size, SHA-256 and content of what arrived, then records it.'],
  ];
  return el(
    'ol',
    { class: 'steps' },
    ...steps.map(([name, text]) => el('li', {}, el('h3', {}, name), el('p', {}, text))),
  );
}
