import { el } from '../dom.js';
import { colourOf, css } from '../palette.js';
import { runsOf, type Slices } from '../slices.js';
import { ranges } from '../words.js';

/** A slider over all slices. Below it, where each label is; slices without any mask are marked. */
export function sliceSlider(
  slices: Slices,
  onSlice: (slice: number) => void,
): { element: HTMLElement; show(slice: number): void } {
  const { first, last, missing } = slices;
  const input = el('input', {
    type: 'range',
    min: first,
    max: last,
    value: first,
    'aria-label': 'Slice',
    'aria-describedby': 'missing-slices',
  });
  const output = el('output');
  input.addEventListener('input', () => onSlice(input.valueAsNumber));

  /** A mark over some slices, as wide as they are on the slider. */
  const mark = ([from, to]: [number, number], name: string) => {
    const span = el('span', { class: name });
    const part = (slice: number) => Math.min(1, Math.max(0, (slice - first) / Math.max(1, last - first)));
    span.style.left = `${part(from - 0.5) * 100}%`;
    span.style.right = `${(1 - part(to + 0.5)) * 100}%`;
    return span;
  };
  const all = Array.from({ length: last - first + 1 }, (_, index) => first + index);
  const tracks = slices.labels.map((label, place) => {
    const present = all.filter((slice) => slices.at(slice).some(({ label_name }) => label_name === label));
    const marks = runsOf(present).map((run) => mark(run, 'run'));
    for (const span of marks) span.style.background = css(colourOf(place));
    return el('div', { class: 'track', 'aria-hidden': 'true' }, ...marks);
  });
  const gaps = runsOf(missing).map((run) => mark(run, 'gap'));
  const text = missing.length === 0 ? 'Every slice has a mask' : `Missing: ${ranges(missing)}`;
  const element = el(
    'div',
    { class: 'slider' },
    el('p', { class: 'title' }, 'Slice', output),
    input,
    el('div', { class: 'tracks' }, ...tracks, ...gaps),
    el('p', { id: 'missing-slices', class: missing.length === 0 ? 'hint' : 'missing' }, text),
  );
  return {
    element,
    show(slice) {
      input.value = String(slice);
      output.textContent = `${slice} of ${last}`;
      const state = missing.includes(slice) ? ', missing' : '';
      input.setAttribute('aria-valuetext', `${slice} of ${last}${state}`);
    },
  };
}
