import { type Child, el } from '../dom.js';
import { type Explanation, explain } from '../explain.js';

/** A box that says what went wrong and what to do about it. */
export function problemNotice({ title, text, code }: Explanation, ...actions: Child[]): HTMLElement {
  return el(
    'div',
    { class: 'notice bad', role: 'alert' },
    el('h3', {}, title),
    el('p', {}, text),
    code !== undefined && el('p', { class: 'code' }, code),
    actions.length > 0 && el('div', { class: 'actions' }, ...actions),
  );
}

export function notice(title: string, text: string, ...actions: Child[]): HTMLElement {
  return el(
    'div',
    { class: 'notice' },
    el('h3', {}, title),
    el('p', {}, text),
    actions.length > 0 && el('div', { class: 'actions' }, ...actions),
  );
}

/** What `work` makes; when it fails, the reason, in words. `attempt` as in "look at annotation 2". */
export async function orProblem(work: () => Promise<HTMLElement>, attempt: string): Promise<HTMLElement> {
  try {
    return await work();
  } catch (error) {
    return problemNotice(explain(error, attempt));
  }
}
