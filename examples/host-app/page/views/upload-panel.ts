import { isMaskClientError } from '../../pacs-mask-upload-client.js';
import { announce } from '../announce.js';
import { el, oncePerFrame } from '../dom.js';
import { explain, explainCode } from '../explain.js';
import { dismissUpload, type Upload } from '../uploads.js';
import { bytes, count, duration, percent as percentOf, share } from '../words.js';
import { fileList } from './file-list.js';
import { notice, problemNotice } from './notice.js';
import type { Page } from './page.js';

/** How an upload goes: in all, and file by file. */
export function uploadPanel(upload: Upload, page: Page): HTMLElement {
  if (upload.state === 'running') return running(upload, page);
  if (upload.state === 'done') return finished(upload);
  const goOn = el('button', { class: 'primary', type: 'button', onclick: () => upload.goOn() }, retryLabel(upload));
  page.signal.addEventListener('abort', upload.watch(page.reload));
  const list = el('div', { class: 'card' }, fileList(upload).element);
  return el('section', { class: 'stack', 'aria-label': 'Upload' }, whatHappened(upload, goOn), list);
}

function whatHappened(upload: Upload, goOn: HTMLElement): HTMLElement {
  if (upload.state === 'cancelled') {
    const arrived = `${share(arrivedOf(upload), upload.files.length, 'file')} had arrived.`;
    return notice('Cancelled', `${arrived} They are kept, and need not be sent again.`, goOn);
  }
  return problemNotice(explain(upload.error, 'upload the masks'), goOn, reasonsOf(upload.error));
}

/** Why files failed, each reason once. */
function reasonsOf(error: unknown): HTMLElement | undefined {
  const failures = isMaskClientError(error) ? (error.failures ?? []) : [];
  const codes = [...new Set(failures.map(({ code }) => code))];
  const reasons = codes.map((code) => {
    const alike = failures.filter((failure) => failure.code === code);
    const { title, text } = explainCode(code) ?? { title: alike[0]?.message ?? code, text: '' };
    return el('li', {}, el('strong', {}, `${count(alike.length, 'file')}: ${title}. `), text);
  });
  return reasons.length === 0 ? undefined : el('ul', {}, ...reasons);
}

function running(upload: Upload, page: Page): HTMLElement {
  const bar = el('progress', { class: 'all', 'aria-label': 'All files', max: 1, value: 0 });
  const percent = el('strong', { class: 'percent' }, '0 %');
  const line = el('p', { class: 'numbers' }, 'Starting');
  const cancel = el('button', { type: 'button', onclick: upload.cancel }, 'Cancel');
  const list = fileList(upload);
  let announced = 0;

  const show = oncePerFrame(() => {
    if (page.signal.aborted) return;
    const { progress } = upload;
    if (!progress) return;
    const part = partOf(upload);
    bar.value = part;
    percent.textContent = percentOf(part);
    line.textContent = numbers(upload);
    list.update();
    const tenth = Math.floor(part * 10);
    if (tenth > announced && tenth < 10) announce(`${tenth * 10} percent uploaded`);
    announced = tenth;
  });
  const unwatch = upload.watch(() => {
    if (upload.state === 'running') return show();
    unwatch();
    announce(
      upload.state === 'done' ? 'Upload finished' : upload.state === 'cancelled' ? 'Upload cancelled' : 'Upload failed',
    );
    page.refreshList();
    page.reload();
  });
  page.signal.addEventListener('abort', unwatch);
  show();
  return el(
    'section',
    { class: 'card stack uploading', 'aria-label': 'Upload' },
    el('div', { class: 'row' }, el('h3', {}, 'Uploading'), percent, el('span', { class: 'space' }), cancel),
    bar,
    line,
    list.element,
  );
}

function finished(upload: Upload): HTMLElement {
  const total = upload.files.reduce((sum, { data }) => sum + data.size, 0);
  const dismiss = () => {
    dismissUpload(upload.groupId);
    element.remove();
  };
  const element = el(
    'div',
    { class: 'notice good row', role: 'status' },
    el('p', {}, `${count(upload.files.length, 'mask')}, ${bytes(total)}: all arrived, verified and recorded.`),
    el('span', { class: 'space' }),
    el('button', { type: 'button', class: 'quiet', onclick: dismiss }, 'Dismiss'),
  );
  return element;
}

/** Sending takes most of the time; what is left is for the server to verify and record. */
function partOf({ progress }: Upload): number {
  if (!progress) return 0;
  const { files, bytes: sent } = progress;
  return (0.9 * sent.sent) / Math.max(1, sent.total) + (0.1 * files.done) / Math.max(1, files.total);
}

function numbers(upload: Upload): string {
  const { progress } = upload;
  if (!progress) return '';
  const { phase, bytes: sent, bytesPerSecond, secondsLeft } = progress;
  if (phase === 'preparing') return 'Reading the files, and asking the server what it has already';
  if (phase === 'completing') return 'The server verifies what arrived, and records it';
  return [
    share(arrivedOf(upload), upload.files.length, 'file'),
    `${bytes(sent.sent)} of ${bytes(sent.total)}`,
    bytesPerSecond > 0 ? `${bytes(bytesPerSecond)}/s` : 'waiting for the storage',
    ...(secondsLeft === null ? [] : [`${duration(secondsLeft)} left`]),
  ].join(' · ');
}

function arrivedOf({ fileStates }: Upload): number {
  return fileStates.filter((file) => file?.status === 'uploaded' || file?.status === 'done').length;
}

function retryLabel({ state, fileStates }: Upload): string {
  if (state === 'cancelled') return 'Go on';
  const failed = fileStates.filter((file) => file?.status === 'failed').length;
  return failed === 0 ? 'Try again' : `Try ${count(failed, 'file')} again`;
}
