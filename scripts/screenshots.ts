/** `npm run screenshots`: the pictures in docs/images, taken of the demo's page in Chromium on a database of its own. */
import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { launch, openPage } from '../test/page/browser.js';
import { startDemoPage } from '../test/page/demo-page.js';
import { mochaGlobalSetup, mochaGlobalTeardown } from '../test/support/global.js';
import { waitFor } from '../test/support/wait.js';

const IMAGES = fileURLToPath(new URL('../docs/images/', import.meta.url));

await mkdir(IMAGES, { recursive: true });
await mochaGlobalSetup();
const demo = await startDemoPage('filesystem');
const browser = await launch();
try {
  const { page } = await openPage(browser.context, demo.url);
  await page.setViewportSize({ width: 1360, height: 850 });
  await makeSample(page);
  await page.getByText('all arrived, verified and recorded').waitFor();
  await page.goto(`${demo.url}/#/1`);

  demo.gate.holdAfter(74);
  await makeSample(page);
  await waitFor(() => demo.gate.held() > 0);
  await page.locator('[data-status=uploaded], [data-status=done]').nth(60).waitFor();
  await shoot(page, 'upload');
  await page.getByRole('button', { name: 'Cancel' }).click();
  await page.getByRole('heading', { name: 'Cancelled' }).waitFor();
  demo.gate.open();

  await page.goto(`${demo.url}/#/1`);
  await page.getByText('Drop a folder of masks here').waitFor();
  await shoot(page, 'list');
  await page
    .getByRole('link', { name: /Complete/ })
    .first()
    .click();
  await page.getByRole('button', { name: 'Dismiss' }).click();
  await viewerIsThere(page);
  await shoot(page, 'viewer');
  await page.emulateMedia({ colorScheme: 'dark' });
  await shoot(page, 'viewer-dark');
} finally {
  await browser.close();
  await demo.close();
  await mochaGlobalTeardown();
}

async function makeSample(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Make a sample' }).click();
  await page.getByRole('heading', { name: 'Sample: liver and tumour', level: 2 }).waitFor();
}

async function viewerIsThere(page: Page): Promise<void> {
  await page.locator('canvas[data-masks="2"]').waitFor();
}

async function shoot(page: Page, name: string): Promise<void> {
  await page.mouse.move(0, 0);
  await page.screenshot({ path: `${IMAGES}${name}.png`, animations: 'disabled' });
}
