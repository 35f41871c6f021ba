import { expect } from 'chai';
import type { Page } from 'playwright-core';
import { waitFor } from '../support/wait.js';
import { shownSlice } from './canvas.js';
import { demoInBrowser } from './setting.js';
import { uploadFinished } from './steps.js';

const MOST_TABS = 40;

/** Presses Tab until something with this name, or of this class, has the focus. */
async function tabTo(page: Page, wanted: string): Promise<void> {
  for (let tabs = 0; tabs < MOST_TABS; tabs++) {
    const focused = await page.evaluate(() => [document.activeElement?.textContent, document.activeElement?.className]);
    if (focused.includes(wanted)) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`Tab does not lead to ${wanted}`);
}

describe('the page', function () {
  this.timeout(60_000);
  const setting = demoInBrowser('filesystem');

  it('can be used by keyboard alone, from the sample to its slices', async () => {
    const { page } = setting;
    await page.getByRole('button', { name: 'Make a sample' }).waitFor();
    await tabTo(page, 'Make a sample');
    await page.keyboard.press('Enter');
    await uploadFinished(page);
    await page.locator('canvas[data-masks="2"]').waitFor();
    const before = (await shownSlice(page)) ?? 0;
    await tabTo(page, 'stage');
    await page.keyboard.press('ArrowRight');
    await waitFor(async () => (await shownSlice(page)) === before + 1, { message: 'the next slice' });
    await tabTo(page, 'Delete');
  });

  for (const [device, width, height] of [
    ['a phone', 390, 844],
    ['a tablet', 834, 1112],
    ['a tablet on its side', 1112, 834],
  ] as const) {
    it(`fits ${device}, with targets that a finger can hit`, async () => {
      const { page } = setting;
      await page.setViewportSize({ width, height });
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      expect(overflow).to.be.at.most(0);
      const heights = await page
        .locator('button, .annotation, .group, .toggle, .segments label, input[type=range]')
        .evaluateAll((targets) => targets.map((target) => target.getBoundingClientRect().height));
      expect(heights.length).to.be.above(10);
      expect(Math.min(...heights)).to.be.at.least(32);
    });
  }
});
