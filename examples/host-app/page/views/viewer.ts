import type { Mask, MaskClient, MaskGroup } from '../../pacs-mask-upload-client.js';
import { compose, type Layer } from '../compose.js';
import { el, oncePerFrame } from '../dom.js';
import { maskCache } from '../mask-cache.js';
import { colourOf, css } from '../palette.js';
import { ctPicture, SIZE } from '../phantom/picture.js';
import { isSample } from '../sample.js';
import { type Slices, slicesOf } from '../slices.js';
import { count, percent } from '../words.js';
import { sliceSlider } from './slice-slider.js';
import { stage } from './stage.js';

const NEIGHBOURS = [1, -1, 2, -2, 3];

/** The masks of a group over their picture, slice by slice. Only the sample has a picture: others lie on black. */
export function viewer(group: MaskGroup, masks: readonly Mask[], client: MaskClient, signal: AbortSignal): HTMLElement {
  const slices = slicesOf(group, masks);
  if (masks.length === slices.unplaced) {
    return el(
      'p',
      { class: 'hint' },
      `${count(masks.length, 'file')} without a slice to show, such as volumes. The ZIP has everything.`,
    );
  }
  const cache = maskCache(async ({ id }) => {
    const signed = await client.signMaskDownload({ annotation_id: group.annotation_id, mask_id: id });
    return signed.download_url;
  });
  const pictures = new Map<number, Uint8ClampedArray>();
  const hidden = new Set<string | null>();
  let slice = richest(slices);
  let opacity = 0.35;
  let drawing = 0;

  const status = el('p', { class: 'slice-status' });
  const { element, canvas } = stage(
    (by) => show(slice + by),
    (which) => show(slices[which]),
  );
  element.append(status);
  const slider = sliceSlider(slices, show);

  function pictureOf(which: number): Uint8ClampedArray | undefined {
    if (!isSample(group)) return undefined;
    const picture = pictures.get(which) ?? ctPicture(which);
    pictures.set(which, picture);
    return picture;
  }

  async function draw(): Promise<void> {
    drawing += 1;
    const mine = drawing;
    const here = slices.at(slice);
    const drawn = slice;
    try {
      const decoded = await Promise.all(here.map(async (row) => ({ row, mask: await cache.get(row) })));
      if (mine !== drawing || signal.aborted) return;
      const [size = { width: canvas.width, height: canvas.height }] = decoded.map(({ mask }) => mask);
      const alike = decoded.filter(({ mask }) => mask.width === size.width && mask.height === size.height);
      const layers = alike.flatMap(({ row, mask }): Layer[] =>
        hidden.has(row.label_name) ? [] : [{ on: mask.on, colour: colourOf(slices.labels.indexOf(row.label_name)) }],
      );
      const picture = size.width === SIZE && size.height === SIZE ? pictureOf(drawn) : undefined;
      canvas.width = size.width;
      canvas.height = size.height;
      const rgba = compose(size, picture, layers, opacity);
      canvas.getContext('2d')?.putImageData(new ImageData(rgba, size.width, size.height), 0, 0);
      const differing = decoded.length - alike.length;
      tell(drawn, here, differing > 0 ? `${count(differing, 'mask')} of another size not shown` : '');
      prefetch(drawn);
    } catch (error) {
      if (mine === drawing && !signal.aborted)
        tell(drawn, here, error instanceof Error ? error.message : 'Could not be shown');
    }
  }

  function tell(drawn: number, here: readonly Mask[], problem: string): void {
    const labels = here.length === 0 ? 'no mask' : here.map(({ label_name }) => label_name ?? 'unlabelled').join(', ');
    status.textContent = [`${drawn} / ${slices.last}`, labels, problem].filter((text) => text !== '').join(' · ');
    canvas.setAttribute('aria-label', `Slice ${drawn} of ${slices.last}: ${labels}`);
    canvas.dataset.slice = String(drawn);
    canvas.dataset.masks = String(here.length);
  }

  /** One at a time and only while nobody moves on, so that it never delays what is asked for. */
  function prefetch(around: number): void {
    const [next, ...rest] = NEIGHBOURS.map((by) => around + by);
    const fetchNext = (which: number | undefined, others: number[]) => {
      if (which === undefined || around !== slice || signal.aborted) return;
      for (const row of slices.at(which)) cache.get(row).catch(() => undefined); // told when it is looked at
      if (which >= slices.first && which <= slices.last) pictureOf(which);
      const [following, ...left] = others;
      setTimeout(() => fetchNext(following, left));
    };
    setTimeout(() => fetchNext(next, rest));
  }

  const drawSoon = oncePerFrame(() => void draw());

  function show(wanted: number): void {
    slice = Math.min(slices.last, Math.max(slices.first, wanted));
    slider.show(slice);
    drawSoon();
  }

  const toggles = slices.labels.map((label, place) => {
    const swatch = el('span', { class: 'swatch' });
    swatch.style.background = css(colourOf(place));
    const box = el('input', { type: 'checkbox', checked: true });
    box.addEventListener('change', () => {
      if (box.checked) hidden.delete(label);
      else hidden.add(label);
      drawSoon();
    });
    const present = el('span', { class: 'count' }, count(slices.sizeOf(label), 'slice'));
    return el('label', { class: 'toggle' }, box, swatch, label ?? 'unlabelled', present);
  });
  const opacityInput = el('input', {
    type: 'range',
    min: 0,
    max: 100,
    value: opacity * 100,
    'aria-label': 'Opacity of the masks',
  });
  const opacityOutput = el('output', {}, percent(opacity));
  opacityInput.addEventListener('input', () => {
    opacity = opacityInput.valueAsNumber / 100;
    opacityOutput.textContent = percent(opacity);
    drawSoon();
  });

  show(slice);
  return el(
    'section',
    { class: 'viewer', 'aria-label': 'Slice viewer' },
    element,
    el(
      'div',
      { class: 'controls' },
      slider.element,
      el('fieldset', { class: 'labels' }, el('legend', { class: 'title' }, 'Labels'), ...toggles),
      el('label', { class: 'opacity' }, el('span', { class: 'title' }, 'Opacity', opacityOutput), opacityInput),
      el('p', { class: 'hint' }, 'Wheel, drag or arrow keys on the picture move through the slices.'),
      slices.unplaced > 0 &&
        el('p', { class: 'hint' }, `${count(slices.unplaced, 'file')} more without a slice; the ZIP has everything.`),
    ),
  );
}

/** The middle one of the slices with the most labels. */
function richest(slices: Slices): number {
  const all = Array.from({ length: slices.last - slices.first + 1 }, (_, index) => slices.first + index);
  const most = Math.max(...all.map((slice) => slices.at(slice).length));
  const candidates = all.filter((slice) => slices.at(slice).length === most);
  return candidates[candidates.length >> 1] ?? slices.first;
}
