import { type Child, el } from '../dom.js';
import { droppedFiles, pickedFiles } from '../dropped-files.js';

export interface Chosen {
  folder: string | undefined;
  files: File[];
}

/** Takes a folder or files, dropped or picked. `more` stands beside the buttons. */
export function dropZone(
  { title, hint }: { title: string; hint: string },
  chosen: (what: Chosen) => void,
  ...more: Child[]
): HTMLElement {
  const picker = (name: string, directory: boolean) => {
    const input = el('input', {
      type: 'file',
      class: 'visually-hidden',
      tabindex: -1,
      'aria-label': name,
      multiple: true,
      webkitdirectory: directory,
      accept: directory ? undefined : '.png',
    });
    input.addEventListener('change', () => {
      if (input.files && input.files.length > 0) chosen(pickedFiles(input.files));
      input.value = ''; // choosing the same again is a choice, too
    });
    return el('span', {}, el('button', { type: 'button', onclick: () => input.click() }, name), input);
  };

  const zone = el(
    'div',
    {
      class: 'drop-zone',
      ondragover(event: DragEvent) {
        event.preventDefault();
        zone.classList.add('over');
      },
      ondragleave: () => zone.classList.remove('over'),
      ondrop(event: DragEvent) {
        event.preventDefault();
        zone.classList.remove('over');
        if (event.dataTransfer) void droppedFiles(event.dataTransfer).then(chosen);
      },
    },
    el('p', { class: 'drop-title' }, title),
    el('p', { class: 'hint' }, hint),
    el('div', { class: 'actions' }, picker('Choose a folder', true), picker('Choose files', false), ...more),
  );
  return zone;
}
