import { expect } from 'chai';
import type { Page } from 'playwright-core';
import { sampleMasks } from '../../examples/host-app/page/phantom/masks.js';
import type { Setting } from './setting.js';

const FINISH_TIMEOUT_MS = 40_000;

/** Masks of the sample: one of the liver in every slice, and the tumour's. */
export const SAMPLE_MASKS = sampleMasks().length;

/** Presses the button, and waits until the page shows the new group. Gives its id. */
export async function makeSample({ page, demo }: Setting, annotationId = 1): Promise<number> {
  await page.goto(`${demo.url}/#/${annotationId}`);
  await page.getByRole('button', { name: 'Make a sample' }).click();
  await page.waitForURL(/#\/\d+\/\d+$/);
  return Number(new URL(page.url()).hash.split('/')[2]);
}

export async function uploadFinished(page: Page): Promise<void> {
  await page.getByText('all arrived, verified and recorded').waitFor({ timeout: FINISH_TIMEOUT_MS });
}

/** What the progress bar over everything says, 0 to 1. */
export function progressOf(page: Page): Promise<number> {
  return page.locator('progress.all').evaluate((bar) => (bar as HTMLProgressElement).value);
}

/** Expects each mask of the sample exactly once in the group, and nothing else. */
export async function expectWholeSample({ demo }: Setting, groupId: number): Promise<void> {
  const rows = await demo.knex('annotation_mask').where({ mask_group_id: groupId }).select('slice_index', 'label_name');
  const names = rows.map(({ slice_index, label_name }) => `${slice_index} ${label_name}`).sort();
  expect(names).to.deep.equal(
    sampleMasks()
      .map(({ slice, label }) => `${slice} ${label}`)
      .sort(),
  );
}
