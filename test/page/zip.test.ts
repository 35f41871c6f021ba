import { readFile } from 'node:fs/promises';
import { expect } from 'chai';
import { sha256 } from '../support/host.js';
import { readZip } from '../support/zip.js';
import { demoInBrowser } from './setting.js';
import { makeSample, SAMPLE_MASKS, uploadFinished } from './steps.js';

for (const store of ['filesystem', 's3'] as const) {
  describe(`a group on the page, with ${store === 's3' ? 'a bucket at another origin' : 'files'}`, function () {
    this.timeout(60_000);
    const setting = demoInBrowser(store);
    let group: number;
    before(async () => {
      group = await makeSample(setting);
      await uploadFinished(setting.page);
    });

    it('downloads as a ZIP with every byte as it was recorded', async () => {
      const { demo, page } = setting;
      const downloading = page.waitForEvent('download');
      await page.getByRole('button', { name: 'Download ZIP' }).click();
      const download = await downloading;
      expect(download.suggestedFilename()).to.equal(`masks-${group}.zip`);
      const entries = await readZip(await readFile(await download.path()));
      const checksums = [...entries].filter(([name]) => name.endsWith('.png')).map(([, { bytes }]) => sha256(bytes));
      const recorded = await demo.knex('annotation_mask').where({ mask_group_id: group }).pluck('checksum');
      expect(checksums).to.have.length(SAMPLE_MASKS);
      expect(checksums.sort()).to.deep.equal(recorded.sort());
      const metadata = JSON.parse(String(entries.get('metadata.json')?.bytes));
      expect(JSON.stringify(metadata)).to.include('tumour');
    });

    if (store === 's3') {
      it('is not downloaded by half when the store goes away: the page says so instead', async () => {
        const { demo, page } = setting;
        let downloads = 0;
        page.on('download', () => downloads++);
        demo.gate.goDown();
        await page.getByRole('button', { name: 'Download ZIP' }).click();
        await page.getByRole('heading', { name: 'Could not download the masks' }).waitFor();
        demo.gate.open();
        expect(downloads).to.equal(0);
      });
    }

    it('is deleted when one says so, and not when one thinks better of it', async () => {
      const { demo, page } = setting;
      const dialog = page.getByRole('dialog', { name: 'Delete “Sample: liver and tumour”?' });
      await page.getByRole('button', { name: 'Delete' }).click();
      await dialog.waitFor();
      await page.keyboard.press('Enter'); // the first button has the focus: Cancel
      await dialog.waitFor({ state: 'detached' });
      expect(await demo.knex('annotation_mask_group').where({ id: group }).pluck('id')).to.have.length(1);
      await page.getByRole('button', { name: 'Delete' }).click();
      await dialog.getByRole('button', { name: 'Delete' }).click();
      await page.getByText('No masks yet.').waitFor();
      expect(await demo.knex('annotation_mask_group').where({ id: group }).pluck('id')).to.deep.equal([]);
    });
  });
}
