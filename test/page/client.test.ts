import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { build, stop } from 'esbuild';
import { waitFor } from '../support/wait.js';
import { demoInBrowser } from './setting.js';
import { expectWholeSample, makeSample, uploadFinished } from './steps.js';
import type { WorkerReport } from './upload-worker.js';

for (const store of ['filesystem', 's3'] as const) {
  const where = store === 's3' ? 'a bucket at another origin' : 'files';

  describe(`the client on a page of plain http at a name, with ${where}`, function () {
    this.timeout(60_000);
    const setting = demoInBrowser(store, 'pacs.test');

    it('uploads without crypto.subtle, which browsers keep from such pages', async () => {
      const { page } = setting;
      expect(new URL(page.url()).hostname).to.equal('pacs.test');
      expect(await page.evaluate(() => [isSecureContext, typeof crypto.subtle])).to.deep.equal([false, 'undefined']);
      const group = await makeSample(setting);
      await uploadFinished(page);
      await expectWholeSample(setting, group);
    });
  });

  describe(`the client in a web worker, with ${where}`, function () {
    this.timeout(60_000);
    const setting = demoInBrowser(store);

    it('uploads, tells progress, and downloads the same bytes', async () => {
      const { demo, page } = setting;
      demo.serve('/upload-worker.js', await bundled('./upload-worker.ts'));
      await page.evaluate(() => {
        const worker = new Worker('/upload-worker.js');
        worker.addEventListener('message', ({ data }) => {
          document.body.dataset.report = JSON.stringify(data);
        });
        worker.addEventListener('error', ({ message }) => {
          document.body.dataset.report = JSON.stringify({ error: message });
        });
      });
      const text = await waitFor(() => page.locator('body').getAttribute('data-report'), {
        timeoutMs: 30_000,
        message: 'the worker',
      });
      const report = JSON.parse(text) as WorkerReport;
      expect(report).to.deep.include({ error: null, masks: 20, same: 20 });
      expect(report.phases).to.include.members(['uploading', 'done']);
      expect(await demo.knex('annotation_mask').pluck('id')).to.have.length(20);
    });
  });
}

async function bundled(file: string): Promise<string> {
  const entryPoints = [fileURLToPath(new URL(file, import.meta.url))];
  const { outputFiles } = await build({ entryPoints, bundle: true, write: false, format: 'iife', platform: 'browser' });
  await stop();
  return outputFiles[0]?.text ?? '';
}
