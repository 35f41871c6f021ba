import { expect } from 'chai';
import { maskOf } from '../../examples/host-app/page/phantom/masks.js';
import { ctPicture, SIZE } from '../../examples/host-app/page/phantom/picture.js';
import { waitFor } from '../support/wait.js';
import { colourAt, shownSlice } from './canvas.js';
import { demoInBrowser } from './setting.js';
import { makeSample, uploadFinished } from './steps.js';

const LIVER = [38, 160, 232];
const TUMOUR = [255, 124, 32];

/** Somewhere in the middle of where a label is: all round it is the label, too. */
function inside(slice: number, label: 'liver' | 'tumour'): [x: number, y: number] {
  const mask = maskOf(slice, label) ?? new Uint8Array();
  const pixels = [...mask.keys()].filter((pixel) => [0, 1, -1, SIZE, -SIZE].every((step) => mask[pixel + step] === 1));
  const pixel = pixels[pixels.length >> 1] ?? 0;
  return [pixel % SIZE, Math.floor(pixel / SIZE)];
}

function grey(slice: number, [x, y]: [number, number]): number[] {
  const value = ctPicture(slice)[y * SIZE + x] ?? 0;
  return [value, value, value];
}

function blended(picture: number[], colour: number[], opacity: number): number[] {
  return picture.map((value, channel) => Math.round(value * (1 - opacity) + (colour[channel] ?? 0) * opacity));
}

for (const store of ['filesystem', 's3'] as const) {
  describe(`the slice viewer, with ${store === 's3' ? 'a bucket at another origin' : 'files'}`, function () {
    this.timeout(60_000);
    const setting = demoInBrowser(store);
    before(async () => {
      await makeSample(setting);
      await uploadFinished(setting.page);
    });

    /** Waits until this slice is drawn and a pixel has this colour, give or take rounding. */
    async function expectColour(slice: number, at: [number, number], wanted: number[]): Promise<void> {
      await waitFor(
        async () => {
          expect(await shownSlice(setting.page)).to.equal(slice);
          for (const [channel, value] of (await colourAt(setting.page, at)).entries()) {
            expect(value).to.be.closeTo(wanted[channel] ?? 0, 1);
          }
          return true;
        },
        { message: `slice ${slice} to be ${wanted} at ${at}` },
      );
    }

    it('lays each label over the CT in its colour', async () => {
      const [liver, tumour] = [inside(49, 'liver'), inside(49, 'tumour')];
      await expectColour(49, liver, blended(grey(49, liver), LIVER, 0.35));
      await expectColour(49, tumour, blended(grey(49, tumour), TUMOUR, 0.35));
      await expectColour(49, [256, 340], grey(49, [256, 340]));
    });

    it('hides a label, and lets the masks be more or less opaque', async () => {
      const { page } = setting;
      const [liver, tumour] = [inside(49, 'liver'), inside(49, 'tumour')];
      await page.getByRole('checkbox', { name: /tumour/ }).uncheck();
      await expectColour(49, tumour, grey(49, tumour));
      await expectColour(49, liver, blended(grey(49, liver), LIVER, 0.35));
      await page.getByRole('slider', { name: 'Opacity of the masks' }).press('End');
      await expectColour(49, liver, LIVER);
      await page.getByRole('slider', { name: 'Opacity of the masks' }).press('Home');
      await expectColour(49, liver, grey(49, liver));
      await page.getByRole('checkbox', { name: /tumour/ }).check();
      await page.getByRole('slider', { name: 'Opacity of the masks' }).fill('35');
      await expectColour(49, tumour, blended(grey(49, tumour), TUMOUR, 0.35));
    });

    it('moves through the slices by keys, by wheel, by dragging and by its slider', async () => {
      const { page } = setting;
      const stage = page.locator('.stage');
      const slider = page.getByRole('slider', { name: 'Slice', exact: true });
      for (const [key, slice] of [
        ['ArrowRight', 50],
        ['ArrowUp', 49],
        ['PageDown', 59],
        ['End', 100],
        ['ArrowDown', 100],
        ['Home', 1],
        ['PageDown', 11],
      ] as const) {
        await stage.press(key);
        await waitFor(async () => (await shownSlice(page)) === slice, { message: `${key} to lead to slice ${slice}` });
        expect(await slider.inputValue()).to.equal(String(slice));
      }
      await slider.press('ArrowRight');
      await waitFor(async () => (await shownSlice(page)) === 12, { message: 'the slider to lead to slice 12' });
      expect(await slider.getAttribute('aria-valuetext')).to.equal('12 of 100');

      await stage.hover();
      await page.mouse.wheel(0, 120);
      await waitFor(async () => (await shownSlice(page)) === 15, { message: 'the wheel to lead to slice 15' });
      await page.mouse.down();
      const box = await stage.boundingBox();
      const [x, y] = [(box?.x ?? 0) + (box?.width ?? 0) / 2, (box?.y ?? 0) + (box?.height ?? 0) / 2];
      await page.mouse.move(x, y - 80);
      await page.mouse.up();
      await waitFor(async () => (await shownSlice(page)) === 5, { message: 'dragging to lead to slice 5' });
      await expectColour(5, inside(5, 'liver'), blended(grey(5, inside(5, 'liver')), LIVER, 0.35));
    });
  });
}
