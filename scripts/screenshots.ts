/** `npm run screenshots`: the pictures in docs/images, taken of the demo's page in Chromium on a database of its own. */
import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { uploadMasks } from '../examples/host-app/pacs-mask-upload-client.js';
import { sampleFiles } from '../examples/host-app/page/sample.js';
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
  await otherGroups();
  const { page } = await openPage(browser.context, demo.url);
  await page.setViewportSize({ width: 1360, height: 850 });
  await makeSample(page);
  await page.getByRole('button', { name: 'Dismiss' }).click();
  await shootViewer(page, 'viewer');
  await page.emulateMedia({ colorScheme: 'dark' });
  await shoot(page, 'viewer-dark');
  await page.emulateMedia({ colorScheme: 'light' });
  await page.goto(`${demo.url}/#/1`);
  await page.getByText('Drop a folder of masks here').waitFor();
  await shoot(page, 'list');

  demo.gate.holdAfter(74);
  await makeSample(page);
  await waitFor(() => demo.gate.held() > 0);
  await page.locator('[data-status=uploaded]').nth(73).waitFor();
  await page.locator('li[data-status=uploading]').last().scrollIntoViewIfNeeded();
  await shoot(page, 'upload');
} finally {
  demo.gate.open();
  await browser.close();
  await demo.close();
  await mochaGlobalTeardown();
}

/** What a model and a second reader have left behind, so that the list is not empty. */
async function otherGroups(): Promise<void> {
  const connection = {
    baseUrl: `${demo.url}/api`,
    headers: { authorization: 'Bearer demo-radiologist' },
    annotationId: 1,
  };
  const files = await sampleFiles(() => {});
  const liver = files.filter(({ label_name }) => label_name === 'liver');
  const group = { group_name: 'Liver, second reader', modality: 'CT', slice_count: 100 };
  await uploadMasks({ ...connection, group, files: liver.filter((_, index) => index < 64 && index % 23 < 19) });
  await uploadMasks({ ...connection, group: { ...group, group_name: 'nnU-Net liver' }, files: liver });
}

async function makeSample(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Make a sample' }).click();
  await page.getByRole('heading', { name: 'Sample: liver and tumour', level: 2 }).waitFor();
}

async function shootViewer(page: Page, name: string): Promise<void> {
  await page.locator('canvas[data-masks="2"]').waitFor();
  await shoot(page, name);
}

async function shoot(page: Page, name: string): Promise<void> {
  await page.mouse.move(0, 0);
  await page.screenshot({ path: `${IMAGES}${name}.png`, animations: 'disabled' });
}
