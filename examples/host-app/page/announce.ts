import { byId } from './dom.js';

/** Says something to those who hear the page. What is said quickly after another replaces it. */
export function announce(text: string): void {
  byId('live').textContent = text;
}
