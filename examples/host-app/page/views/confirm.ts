import { el } from '../dom.js';

/** Asks before something that cannot be undone. Escape, and a click on Cancel, mean no. */
export function confirm(question: { title: string; text: string; action: string }): Promise<boolean> {
  const dialog = el(
    'dialog',
    { class: 'confirm', 'aria-labelledby': 'confirm-title' },
    el(
      'form',
      { method: 'dialog' },
      el('h2', { id: 'confirm-title' }, question.title),
      el('p', {}, question.text),
      el(
        'div',
        { class: 'actions' },
        // first, so that it has the focus: Enter pressed too soon deletes nothing
        el('button', { value: 'no', autofocus: true }, 'Cancel'),
        el('button', { value: 'yes', class: 'danger' }, question.action),
      ),
    ),
  );
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => {
      dialog.remove();
      resolve(dialog.returnValue === 'yes');
    });
  });
}
