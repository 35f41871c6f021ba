import { access, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, chromium, type Page } from 'playwright-core';

const CHROMIUM = process.env.CHROMIUM_PATH || '/usr/bin/chromium';
const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Whether there is a Chromium to test in. Where CI is set there has to be one: then starting it fails. */
export async function hasChromium(): Promise<boolean> {
  if (process.env.CI === 'true') return true;
  return access(CHROMIUM).then(
    () => true,
    () => false,
  );
}

/** A headless Chromium with a profile of its own. The name pacs.test leads to this machine. */
export async function launch(): Promise<{ context: BrowserContext; close(): Promise<void> }> {
  const profile = await mkdtemp(join(tmpdir(), 'mask-upload-chromium-'));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: CHROMIUM,
    args: [...FLAGS, '--host-resolver-rules=MAP pacs.test 127.0.0.1'],
    viewport: { width: 1400, height: 900 },
    acceptDownloads: true,
  });
  return {
    context,
    async close() {
      await context.close();
      await rm(profile, { recursive: true, force: true });
    },
  };
}

/** A fresh tab. `complaints` collects what the page throws and what its policy refuses: there should be none. */
export async function openPage(context: BrowserContext, url: string): Promise<{ page: Page; complaints: string[] }> {
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => {
    if (/content security policy|uncaught/i.test(message.text())) complaints.push(message.text());
  });
  page.on('dialog', (dialog) => void dialog.accept()); // leaving the page in the middle of an upload
  await page.goto(url);
  return { page, complaints };
}
