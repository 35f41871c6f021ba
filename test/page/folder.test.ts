import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { waitFor } from '../support/wait.js';
import { colourAt, shownSlice } from './canvas.js';
import { makePng } from './make-png.js';
import { demoInBrowser } from './setting.js';
import { uploadFinished } from './steps.js';

/** Label 1 of 65,535 in a square: a browser's own decoder would show nothing. */
const LABEL_ONE = makePng({
  width: 64,
  height: 64,
  depth: 16,
  colourType: 0,
  pixel: (x, y) => (x >= 20 && x < 40 && y >= 20 && y < 40 ? [1] : [0]),
});

describe('a folder from the disk', function () {
  this.timeout(60_000);
  const setting = demoInBrowser('filesystem');
  let parent: string;
  let folder: string;
  before(async () => {
    parent = await mkdtemp(join(tmpdir(), 'mask-upload-folder-'));
    folder = join(parent, 'lesions');
    await mkdir(join(folder, 'more'), { recursive: true });
    for (const name of [
      '0001_lesion.png',
      '0002_lesion.png',
      '0005_lesion.png',
      'more/0006_lesion.png',
      '.hidden.png',
    ]) {
      await writeFile(join(folder, name), LABEL_ONE);
    }
    await writeFile(join(folder, 'notes.txt'), 'not a mask');
  });
  after(() => rm(parent, { recursive: true, force: true }));

  const choose = (path: string) => setting.page.locator('input[webkitdirectory]').setInputFiles(path);

  it('is looked at first, then uploaded; slices without a mask are marked', async () => {
    const { page } = setting;
    await choose(folder);
    await page.getByRole('heading', { name: '4 masks: 4 slices, 1 label (lesion)' }).waitFor();
    await page.getByText('1 other file not named like 0001_liver.png will be left out.').waitFor();
    expect(await page.getByLabel('Name of the group').inputValue()).to.equal('lesions');
    expect(await page.getByLabel('Slices of the series').inputValue()).to.equal('6');
    await page.getByRole('button', { name: 'Upload 4 masks' }).click();
    await uploadFinished(page);
    await page.getByText('Missing: 3–4').waitFor();
    expect(await page.locator('.gap').count()).to.equal(1);
  });

  it('shows 16-bit labels as they are, and an empty slice as missing', async () => {
    const { page } = setting;
    await page.locator('.stage').press('Home');
    await waitFor(async () => (await shownSlice(page)) === 1);
    expect(await colourAt(page, [30, 30])).to.deep.equal([38, 160, 232].map((value) => Math.round(value * 0.35)));
    expect(await colourAt(page, [10, 10])).to.deep.equal([0, 0, 0]);
    await page.locator('.stage').press('PageDown');
    await page.locator('.stage').press('ArrowLeft');
    await page.locator('.stage').press('ArrowLeft');
    await waitFor(async () => (await shownSlice(page)) === 4);
    expect(await page.locator('.slice-status').textContent()).to.equal('4 / 6 · no mask');
    const slider = page.getByRole('slider', { name: 'Slice', exact: true });
    expect(await slider.getAttribute('aria-valuetext')).to.equal('4 of 6, missing');
    expect(await colourAt(page, [30, 30])).to.deep.equal([0, 0, 0]);
  });

  it('is asked for again after a reload half-way, and what is not in it is named', async () => {
    const { demo, page } = setting;
    await page.goto(`${demo.url}/#/2`);
    demo.gate.holdAfter(2);
    await choose(folder);
    await page.getByRole('button', { name: 'Upload 4 masks' }).click();
    await waitFor(() => demo.gate.held() === 2, { message: 'half of the uploads at the gate' });
    await page.reload();
    demo.gate.open();
    await page
      .getByText('0 of 6 slices recorded, and 4 files more begun. Missing: slices 1–2, 5–6 of lesion.')
      .waitFor();

    const partial = join(parent, 'partial');
    await mkdir(partial);
    await writeFile(join(partial, '0001_lesion.png'), LABEL_ONE);
    await writeFile(join(partial, '0002_lesion.png'), LABEL_ONE);
    await choose(partial);
    await page.getByText('Not in it: slices 5–6 of lesion.').waitFor();
    const before = demo.gate.stored();
    await choose(folder);
    await uploadFinished(page);
    expect(demo.gate.stored() - before).to.equal(2);
    await page.getByText('Missing: 3–4').waitFor();
  });

  it('may be dropped as well, with names that the server would not take', async () => {
    const { demo, page } = setting;
    await page.goto(`${demo.url}/#/1`);
    const drop = await page.evaluateHandle((base64) => {
      const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
      const transfer = new DataTransfer();
      for (const name of ['0_Leber Läsion.png', '1_Leber Läsion.png']) transfer.items.add(new File([bytes], name));
      return transfer;
    }, LABEL_ONE.toString('base64'));
    await page.locator('.drop-zone').dispatchEvent('drop', { dataTransfer: drop });
    await page.getByRole('heading', { name: '2 masks: 2 slices, 1 label (Leber Läsion)' }).waitFor();
    await page.getByRole('button', { name: 'Upload 2 masks' }).click();
    await uploadFinished(page);
    await page.getByText('Every slice has a mask').waitFor();
  });

  it('is refused in words when nothing in it is a mask', async () => {
    const { demo, page } = setting;
    await page.goto(`${demo.url}/#/1`);
    await page.locator('input:not([webkitdirectory])[type=file]').setInputFiles(join(folder, 'notes.txt'));
    await page.getByRole('heading', { name: 'There are no masks in this' }).waitFor();
  });

  it('may be called anything: names are text to the page, never markup', async () => {
    const { demo, page } = setting;
    const group_name = '<img src=/nothing onerror=alert(1)>';
    await demo.knex('annotation_mask_group').insert({ annotation_id: 1, group_name });
    await page.reload();
    await page.getByRole('link', { name: group_name }).click();
    await page.getByRole('heading', { name: group_name, level: 2 }).waitFor();
    expect(await page.locator('img').count()).to.equal(0);
    await page.goto(`${demo.url}/#/1`);
  });

  it('is refused in words when its name looks like a person’s, and taken under another', async () => {
    const { page } = setting;
    await choose(folder);
    await page.getByLabel('Name of the group').fill('DOE^JOHN');
    await page.getByRole('button', { name: 'Upload 4 masks' }).click();
    await page.getByRole('heading', { name: 'A name looks as if it identifies a person' }).waitFor();
    await page.getByLabel('Name of the group').fill('Phase 2');
    await page.getByRole('button', { name: 'Upload 4 masks' }).click();
    await page.getByRole('heading', { name: 'Phase 2', level: 2 }).waitFor();
    await uploadFinished(page);
  });
});
