import { el } from '../dom.js';
import { becomeUser, currentUser, USERS } from '../users.js';

/** Who one is here, and what that means. */
export function userChoice(onChange: () => void): HTMLElement {
  const meaning = el('p', { id: 'user-may', class: 'hint' });
  const show = () => {
    meaning.textContent = `${currentUser().name} ${currentUser().may}`;
  };
  const choices = USERS.map((user) => {
    const radio = el('input', {
      type: 'radio',
      name: 'user',
      value: user.token,
      checked: user.token === currentUser().token,
    });
    radio.addEventListener('change', () => {
      becomeUser(user);
      show();
      onChange();
    });
    return el('label', {}, radio, el('span', {}, user.name));
  });
  show();
  return el(
    'fieldset',
    { class: 'users', 'aria-describedby': 'user-may' },
    el('legend', { class: 'visually-hidden' }, 'You are'),
    el('div', { class: 'segments' }, ...choices),
    meaning,
  );
}
