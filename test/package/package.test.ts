import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { png } from '../support/png.js';
import { createHostTable, freshDatabase } from '../support/postgres.js';
import { compile, type Installed, packAndInstall } from './install.js';
import { type RunningServer, startServer } from './server.js';

const run = promisify(execFile);

describe('the package, packed and installed', function () {
  this.timeout(300_000);
  let installed: Installed;

  before(async () => {
    installed = await packAndInstall();
  });
  after(() => installed?.remove());

  it('holds the build, the OpenAPI documents and what people read, and nothing else', async () => {
    const root = join(installed.folder(5), 'node_modules/pacs-mask-upload');
    const entries = await readdir(root, { recursive: true, withFileTypes: true });
    const files = entries
      .filter((entry) => entry.isFile())
      .map((entry) =>
        join(entry.parentPath, entry.name)
          .slice(root.length + 1)
          .replaceAll('\\', '/'),
      );
    const outside = files.filter((file) => !/^dist\/[\w./-]+\.(js|cjs|d\.ts|d\.cts)$/.test(file)).sort();
    expect(outside).to.deep.equal([
      'CHANGELOG.md',
      'LICENSE',
      'README.md',
      'openapi/openapi-3.0.json',
      'openapi/openapi.json',
      'package.json',
    ]);
    expect(files).to.include.members([
      ...['dist/index.js', 'dist/index.cjs', 'dist/index.d.ts', 'dist/index.d.cts'],
      ...['dist/client.js', 'dist/client.cjs', 'dist/client.d.ts', 'dist/client.d.cts', 'dist/cli.js'],
    ]);
  });

  for (const expressMajor of [4, 5] as const) {
    for (const [modules, file] of [
      ['CommonJS', 'server.cjs'],
      ['ES modules', 'server.mjs'],
    ] as const) {
      it(`takes a mask in and gives it back in a host with Express ${expressMajor} and ${modules}`, async () => {
        const database = await freshDatabase();
        const folder = installed.folder(expressMajor);
        const masks = join(folder, `masks-of-${file}`);
        let server: RunningServer | undefined;
        try {
          await createHostTable(database.knex);
          await mkdir(masks);
          const env = { DATABASE_URL: database.connectionString, MASK_ROOT: masks };
          server = await startServer(join(folder, file), env);
          expect(server.expressVersion).to.match(new RegExp(`^${expressMajor}\\.`));
          await passOneMaskThrough(server.url);
          expect(await server.stop()).to.equal(0);
        } finally {
          await server?.stop();
          await database.drop();
        }
      });
    }

    it(`gives the client to both kinds of modules, and the program, beside Express ${expressMajor}`, async () => {
      const folder = installed.folder(expressMajor);
      const print = 'console.log(typeof client.uploadMasks, typeof client.downloadMasks)';
      for (const args of [
        ['-e', `const client = require('pacs-mask-upload/client'); ${print}`],
        ['--input-type=module', '-e', `import * as client from 'pacs-mask-upload/client'; ${print}`],
      ]) {
        const { stdout } = await run(process.execPath, args, { cwd: folder });
        expect(stdout).to.equal('function function\n');
      }
      const { stdout } = await run(join(folder, 'node_modules/.bin/pacs-mask-upload'), ['--help']);
      expect(stdout).to.match(/^Usage: pacs-mask-upload push DIR/);
    });

    it(`compiles in a strict TypeScript host with @types/express ${expressMajor}, libraries checked, too`, async () => {
      expect(await compile(installed.folder(expressMajor))).to.equal('');
    });
  }
});

async function passOneMaskThrough(url: string): Promise<void> {
  const bytes = png({ width: 32, height: 16, value: 5 });
  const checksum = createHash('sha256').update(bytes).digest('hex');
  const groups = `${url}/api/annotations/1/mask-groups`;

  expect((await fetch(groups)).status).to.equal(401);
  expect((await fetch(groups, { headers: { 'x-user': 'visitor' } })).status).to.equal(403);

  const group = await call(groups, 201, { group_name: 'liver', slice_count: 1 });
  const path = `${groups}/${group.id}`;
  const file = { mime_type: 'image/png', file_size: bytes.length, checksum, slice_index: 0, label_name: 'liver' };
  const upload = await call(`${path}/signed-url`, 200, file);

  const put = await fetch(upload.upload_url, { method: upload.method, headers: upload.headers, body: bytes as never });
  expect(put.status, await put.text()).to.equal(200);

  const completion = await call(`${path}/complete`, 200, { uploaded_files: [upload.file_path] });
  expect(completion).to.deep.include({ status: 'complete', processed_masks: 1 });

  const listed = await call(`${path}/masks?include=download_url`, 200);
  expect(listed.total_count).to.equal(1);
  const [mask] = listed.masks;
  expect(mask).to.deep.include({ slice_index: 0, label_name: 'liver', checksum, width: 32, height: 16 });

  const download = await fetch(mask.download_url);
  expect(download.headers.get('content-type')).to.equal('image/png');
  expect(Buffer.from(await download.arrayBuffer()).equals(bytes), 'the bytes that went in come out').to.equal(true);
}

/** One call of the API as a user who may: a POST when there is a body, else a GET. */
// biome-ignore lint/suspicious/noExplicitAny: a client without types, as a browser is
async function call(url: string, status: number, body?: object): Promise<any> {
  const response = await fetch(url, {
    method: body ? 'POST' : 'GET',
    headers: { 'x-user': 'radiologist', ...(body && { 'content-type': 'application/json' }) },
    ...(body && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  expect(response.status, text).to.equal(status);
  return JSON.parse(text);
}
