/** The page of the demo: annotations and their mask groups beside what is chosen of them. */
import { byId, el } from './dom.js';
import { explain } from './explain.js';
import { currentPlace, type Place } from './place.js';
import { isUploading } from './uploads.js';
import { connection } from './users.js';
import { groupView } from './views/group.js';
import { newUploadView } from './views/new-upload.js';
import { problemNotice } from './views/notice.js';
import type { Page } from './views/page.js';
import { type Annotation, rail } from './views/rail.js';
import { userChoice } from './views/user-choice.js';

let annotations: readonly Annotation[] = [];
let shown = new AbortController();
let listed = new AbortController();

async function showDetail(focus: boolean): Promise<void> {
  shown.abort();
  shown = new AbortController();
  const { signal } = shown;
  const place = currentPlace();
  const page: Page = { place, signal, reload: () => void showDetail(false), refreshList: () => void showList() };
  const view = await detailOf(page).catch((error) =>
    problemNotice(explain(error, `look at annotation ${place.annotationId}`)),
  );
  if (signal.aborted) return;
  byId('detail').replaceChildren(view);
  if (focus) view.querySelector<HTMLElement>('h2')?.focus();
}

async function detailOf(page: Page): Promise<HTMLElement> {
  const { annotationId, groupId } = page.place;
  if (groupId !== undefined) return groupView(page, groupId);
  return newUploadView(page, annotations.find(({ id }) => id === annotationId)?.title ?? 'unknown');
}

async function showList(): Promise<void> {
  listed.abort();
  listed = new AbortController();
  const { signal } = listed;
  const place: Place = currentPlace();
  try {
    const parts = await rail(annotations, place, signal);
    if (!signal.aborted) byId('rail').replaceChildren(...parts);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

async function readAnnotations(): Promise<readonly Annotation[]> {
  const { baseUrl, headers } = connection();
  const response = await fetch(`${baseUrl}/annotations`, { headers });
  if (!response.ok) throw new Error(`The server answers ${response.status}`);
  return (await response.json()) as Annotation[];
}

function showEverything(focus = false): void {
  void showList();
  void showDetail(focus);
}

async function start(): Promise<void> {
  byId('users').replaceChildren(userChoice(showEverything));
  try {
    annotations = await readAnnotations();
  } catch (error) {
    const again = el('button', { type: 'button', onclick: () => void start() }, 'Try again');
    byId('detail').replaceChildren(problemNotice(explain(error, 'read the list of annotations'), again));
    return;
  }
  showEverything();
}

// a file that is dropped beside the drop zone must not replace the page
for (const type of ['dragover', 'drop']) window.addEventListener(type, (event) => event.preventDefault());
window.addEventListener('hashchange', () => showEverything(true));
window.addEventListener('beforeunload', (event) => {
  if (isUploading()) event.preventDefault();
});
void start();
