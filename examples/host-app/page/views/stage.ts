import { el } from '../dom.js';

const WHEEL_STEP = 40;
const DRAG_STEP = 8;
const PAGE = 10;

/** The canvas, and every way to move through the slices on it: wheel, drag, and keys. `move` is told how many. */
export function stage(
  move: (slices: number) => void,
  edge: (which: 'first' | 'last') => void,
): { element: HTMLElement; canvas: HTMLCanvasElement } {
  const canvas = el('canvas', { width: 512, height: 512, role: 'img', 'aria-label': 'Slice' });
  let rolled = 0;
  let dragged: number | undefined;
  const steps = (distance: number, step: number) => {
    const whole = Math.trunc(distance / step);
    if (whole !== 0) move(whole);
    return distance - whole * step;
  };
  const element = el(
    'div',
    {
      class: 'stage',
      tabindex: 0,
      role: 'group',
      'aria-label': 'Slices: arrow keys, Page Up and Down, Home and End move through them',
      onkeydown(event: KeyboardEvent) {
        if (event.ctrlKey || event.altKey || event.metaKey) return;
        const action = KEYS[event.key];
        if (action === undefined) return;
        event.preventDefault();
        if (typeof action === 'number') move(action);
        else edge(action);
      },
      onpointerdown(event: PointerEvent) {
        dragged = event.clientY;
        element.setPointerCapture(event.pointerId);
      },
      onpointermove(event: PointerEvent) {
        if (dragged !== undefined) dragged = event.clientY - steps(event.clientY - dragged, DRAG_STEP);
      },
      onpointerup: () => {
        dragged = undefined;
      },
      onpointercancel: () => {
        dragged = undefined;
      },
    },
    canvas,
  );
  element.addEventListener(
    'wheel',
    (event) => {
      event.preventDefault();
      const pixels = event.deltaMode === WheelEvent.DOM_DELTA_PIXEL ? event.deltaY : event.deltaY * WHEEL_STEP;
      rolled = steps(rolled + pixels, WHEEL_STEP);
    },
    { passive: false }, // the page must not scroll as well
  );
  return { element, canvas };
}

const KEYS: Partial<Record<string, number | 'first' | 'last'>> = {
  ArrowLeft: -1,
  ArrowUp: -1,
  ArrowRight: 1,
  ArrowDown: 1,
  PageUp: -PAGE,
  PageDown: PAGE,
  Home: 'first',
  End: 'last',
};
