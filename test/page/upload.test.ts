import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { waitFor } from '../support/wait.js';
import { demoInBrowser } from './setting.js';
import { expectWholeSample, makeSample, progressOf, SAMPLE_MASKS, uploadFinished } from './steps.js';

const TIMEOUT_MS = 60_000;
const OUTAGE_MS = 5000;
/** PUTs that the page has in flight, at most. */
const IN_FLIGHT = 4;

for (const store of ['filesystem', 's3'] as const) {
  describe(`an upload from the page, with ${store === 's3' ? 'a bucket at another origin' : 'files'}`, function () {
    this.timeout(TIMEOUT_MS);
    const setting = demoInBrowser(store);

    it('sends a sample of 100 slices, and shows how far it is', async () => {
      const { demo, page } = setting;
      demo.gate.holdAfter(0);
      const group = await makeSample(setting);
      const seen: number[] = [];
      for (let step = 0; step < 3; step++) {
        await waitFor(() => demo.gate.held() > 0, { message: 'uploads at the gate' });
        await waitFor(async () => (await progressOf(page)) > (seen.at(-1) ?? -1), { message: 'progress' });
        await waitFor(async () => (await page.locator('li[data-status=uploaded]').count()) === demo.gate.stored());
        seen.push(await progressOf(page));
        demo.gate.open();
        demo.gate.holdAfter(30);
      }
      demo.gate.open();
      await uploadFinished(page);
      await page.locator('#live', { hasText: 'Upload finished' }).waitFor({ state: 'attached' });
      expect(seen[0]).to.be.lessThan(0.1);
      expect(seen[1]).to.be.greaterThan(0.1);
      expect(seen[2])
        .to.be.greaterThan(seen[1] ?? 1)
        .and.lessThan(0.9);
      await expectWholeSample(setting, group);
      expect(demo.gate.stored()).to.equal(SAMPLE_MASKS);
      await page.getByRole('link', { name: /100 of 100 slices/ }).waitFor();
    });

    it('goes on after the page was reloaded half-way, without sending again what had arrived', async () => {
      const { demo, page } = setting;
      const before = demo.gate.stored();
      demo.gate.holdAfter(60);
      const group = await makeSample(setting);
      await waitFor(() => demo.gate.held() > 0 && demo.gate.stored() === before + 60, { message: '60 uploads' });
      await page.reload();
      demo.gate.open();
      await page.getByText('This upload stopped half-way').waitFor();
      await page.getByRole('button', { name: 'Go on' }).click();
      await uploadFinished(page);
      await expectWholeSample(setting, group);
      expect(demo.gate.stored() - before).to.be.within(SAMPLE_MASKS, SAMPLE_MASKS + IN_FLIGHT);
    });

    it('survives a store that is away for five seconds', async () => {
      const { demo, page } = setting;
      demo.gate.holdAfter(40);
      const group = await makeSample(setting);
      await waitFor(() => demo.gate.held() > 0, { message: 'uploads at the gate' });
      demo.gate.goDown();
      await delay(OUTAGE_MS); // the outage itself
      expect(await page.getByRole('heading', { name: 'Uploading' }).count(), 'still trying').to.equal(1);
      demo.gate.open();
      await uploadFinished(page);
      await expectWholeSample(setting, group);
    });

    it('can be cancelled, and gone on with', async () => {
      const { demo, page } = setting;
      demo.gate.holdAfter(20);
      const group = await makeSample(setting);
      await waitFor(() => demo.gate.held() > 0, { message: 'uploads at the gate' });
      await page.getByRole('button', { name: 'Cancel' }).click();
      await page.getByRole('heading', { name: 'Cancelled' }).waitFor();
      demo.gate.open();
      await page.getByRole('button', { name: 'Go on' }).click();
      await uploadFinished(page);
      await expectWholeSample(setting, group);
    });

    it('says which files the store refused, keeps the others, and tries those again', async () => {
      const { demo, page } = setting;
      demo.gate.holdAfter(100);
      const group = await makeSample(setting);
      await waitFor(() => demo.gate.held() > 0, { message: 'uploads at the gate' });
      demo.gate.refuse(403);
      await page.getByRole('heading', { name: 'Some files did not get there' }).waitFor();
      await page.getByText(/^\d+ files: The storage refuses the files/).waitFor();
      const failed = await page.locator('li[data-status=failed]').count();
      expect(failed).to.be.within(1, SAMPLE_MASKS - 100);
      const recorded = await demo.knex('annotation_mask').where({ mask_group_id: group }).pluck('id');
      expect(recorded).to.have.length(SAMPLE_MASKS - failed);
      demo.gate.open();
      await page.getByRole('button', { name: `Try ${failed} files again` }).click();
      await uploadFinished(page);
      await expectWholeSample(setting, group);
    });
  });
}
