import { expect } from 'chai';
import { demoInBrowser } from './setting.js';
import { makeSample, uploadFinished } from './steps.js';

describe('who one is on the page', function () {
  this.timeout(60_000);
  const setting = demoInBrowser('filesystem');
  before(async () => {
    await makeSample(setting);
    await uploadFinished(setting.page);
  });
  const become = (name: string) => setting.page.getByRole('radio', { name }).check({ force: true });

  it('decides what is answered: the viewer sees the masks, and is told why they cannot delete them', async () => {
    const { page } = setting;
    await become('Viewer');
    await page.getByRole('link', { name: /Sample: liver and tumour/ }).waitFor();
    await page.locator('canvas[data-masks="2"]').waitFor();
    await page.getByRole('button', { name: 'Delete' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    await page.getByRole('heading', { name: 'You may not delete these masks' }).waitFor();
    await page.getByText('403 forbidden').waitFor();
  });

  it('keeps the viewer from uploading, and says so', async () => {
    const { demo, page } = setting;
    await page.goto(`${demo.url}/#/1`);
    await page.getByRole('button', { name: 'Make a sample' }).click();
    const alert = page.getByRole('alert').filter({ hasText: 'You may not upload masks to annotation 1' });
    await alert.waitFor();
    expect(await alert.textContent()).to.include('The viewer may look at annotation 1, and change nothing.');
  });

  it('keeps the outsider out, and lets the radiologist in again', async () => {
    const { page } = setting;
    await become('Outsider');
    await page.getByRole('heading', { name: 'You may not look at annotation 1' }).first().waitFor();
    expect(await page.getByRole('link', { name: /Sample/ }).count()).to.equal(0);
    await become('Radiologist');
    await page.getByRole('link', { name: /Sample: liver and tumour/ }).waitFor();
    await page.getByRole('link', { name: 'MR brain, FLAIR' }).click();
    await page.getByRole('heading', { name: 'You may not look at annotation 3' }).first().waitFor();
  });
});
