import { readFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { expect } from 'chai';

describe('docs/security.md', () => {
  it('names tests that exist', async () => {
    const table = await readFile('docs/security.md', 'utf8');
    const rows = table.split('\n').filter((line) => /^\| (?!Threat|-)/.test(line));
    expect(rows.length).to.be.above(20);
    const names = [...(await readdir('test', { recursive: true })), 'contract.ts'];
    for (const row of rows) {
      const [, file = '', title = ''] = /\| ([\w.-]+\.ts): (.+) \|$/.exec(row) ?? [];
      const path = names.find((name) => basename(name) === file);
      expect(path, `the file of: ${row}`).to.be.a('string');
      const text = readFileSync(file === 'contract.ts' ? 'src/storage/contract.ts' : `test/${path}`, 'utf8');
      expect(text.replaceAll("\\'", "'").includes(title), `"${title}" in ${file}`).to.equal(true);
    }
  });
});
