import { type Child, el } from '../dom.js';
import type { Explanation } from '../explain.js';

/** A box that says what went wrong and what to do about it, perhaps with more of it, and a button to do it. */
export function problemNotice({ title, text, code }: Explanation, action?: Child, details?: Child): HTMLElement {
  return el(
    'div',
    { class: 'notice bad', role: 'alert' },
    el('h3', {}, title),
    el('p', {}, text),
    details,
    code !== undefined && el('p', { class: 'code' }, code),
    action !== undefined && el('div', { class: 'actions' }, action),
  );
}

/** A box that says how things stand. */
export function notice(title: string, text: string, action?: Child): HTMLElement {
  return el(
    'div',
    { class: 'notice' },
    el('h3', {}, title),
    el('p', {}, text),
    action !== undefined && el('div', { class: 'actions' }, action),
  );
}
