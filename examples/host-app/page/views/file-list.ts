import type { FileProgress, FileStatus } from '../../pacs-mask-upload-client.js';
import { el } from '../dom.js';
import type { Upload } from '../uploads.js';

const WORDS: Record<FileStatus, string> = {
  waiting: 'waiting',
  preparing: 'queued',
  uploading: 'sending',
  uploaded: 'arrived',
  done: 'recorded',
  failed: 'failed',
};

/** A bar for each file. Only the bars of files that changed are touched, so a thousand of them cost little. */
export function fileList(upload: Upload): { element: HTMLElement; update(): void } {
  const rows = upload.files.map(({ name }) => {
    const bar = el('progress', { max: 1, value: 0, 'aria-label': name });
    const word = el('span', { class: 'word' }, WORDS.waiting);
    const item = el('li', { 'data-status': 'waiting' }, el('span', { class: 'name' }, name), bar, word);
    return { item, bar, word, shown: undefined as FileProgress | undefined };
  });
  const update = () => {
    for (const [index, row] of rows.entries()) {
      const state = upload.fileStates[index];
      if (!state || state === row.shown) continue;
      row.shown = state;
      row.item.dataset.status = state.status;
      row.bar.value = state.status === 'done' ? 1 : state.sent / Math.max(1, state.total);
      row.word.textContent = WORDS[state.status];
    }
  };
  update();
  const element = el('ul', { class: 'files', 'aria-label': 'Files', tabindex: 0 }, ...rows.map(({ item }) => item));
  return { element, update };
}
