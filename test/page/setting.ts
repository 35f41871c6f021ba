import type { Page } from 'playwright-core';
import { hasChromium, launch, openPage } from './browser.js';
import { type DemoPage, type Store, startDemoPage } from './demo-page.js';

const START_TIMEOUT_MS = 60_000;

/** The demo in a browser; what it holds is there from the first test on. */
export interface Setting {
  demo: DemoPage;
  page: Page;
}

/**
 * Starts demo and browser for the tests of a `describe`, and expects at the end that the page threw nothing and asked for
 * nothing that its policy refuses. Without a browser the tests are skipped by name.
 */
export function demoInBrowser(store: Store, hostname?: string): Setting {
  const setting = {} as Setting;
  let end = async () => {};
  before(async function () {
    this.timeout(START_TIMEOUT_MS);
    if (!(await hasChromium())) return this.skip();
    const demo = await startDemoPage(store, hostname);
    const browser = await launch().catch(async (error) => {
      await demo.close();
      throw error;
    });
    const { page, complaints } = await openPage(browser.context, demo.url);
    Object.assign(setting, { demo, page });
    end = async () => {
      await browser.close();
      await demo.close();
      if (complaints.length > 0) throw new Error(`the page complained: ${complaints.join('\n')}`);
    };
  });
  after(async function () {
    this.timeout(START_TIMEOUT_MS);
    await end();
  });
  return setting;
}
