import { execFile } from 'node:child_process';
import { cp, mkdtemp, readdir, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);

const PROJECT = fileURLToPath(new URL('../../', import.meta.url));
const FIXTURES = join(PROJECT, 'test/fixtures');

/** What packing needs; only what there is gets copied. */
const SOURCES = ['package.json', 'tsconfig.json', 'tsup.config.ts', 'src', 'openapi'];
const DOCUMENTS = ['README.md', 'LICENSE', 'CHANGELOG.md'];

export interface Installed {
  /** A folder with the package and one major of express in its node_modules, and both servers beside them. */
  folder(expressMajor: 4 | 5): string;
  remove(): Promise<void>;
}

/**
 * Packs the project as `npm publish` would, from a copy, so that its `dist` stays as it is, and installs the tarball
 * from the npm registry's point of view: into two hosts that know nothing of the project.
 */
export async function packAndInstall(): Promise<Installed> {
  const root = await mkdtemp(join(tmpdir(), 'mask-upload-package-'));
  const tarball = await pack(root);
  const hosts = { 4: join(root, 'express-4'), 5: join(root, 'express-5') };
  await cp(join(FIXTURES, 'express-4-cjs'), hosts[4], { recursive: true });
  await cp(join(FIXTURES, 'express-5-esm'), hosts[5], { recursive: true });
  for (const host of Object.values(hosts)) {
    const options = ['--no-audit', '--no-fund', '--prefer-offline', '--ignore-scripts', '--no-package-lock'];
    await run('npm', ['install', ...options, tarball], { cwd: host, maxBuffer: 2 ** 24 });
    await cp(join(FIXTURES, 'express-4-cjs/server.cjs'), join(host, 'server.cjs'));
    await cp(join(FIXTURES, 'express-5-esm/server.mjs'), join(host, 'server.mjs'));
    await cp(join(FIXTURES, 'typescript-host/tsconfig.json'), join(host, 'tsconfig.json'));
    for (const name of ['host.mts', 'host.cts']) await cp(join(FIXTURES, 'typescript-host/host.ts'), join(host, name));
  }
  return {
    folder: (expressMajor) => hosts[expressMajor],
    remove: () => rm(root, { recursive: true, force: true }),
  };
}

async function pack(root: string): Promise<string> {
  const copy = join(root, 'project');
  const present = new Set(await readdir(PROJECT));
  for (const name of [...SOURCES, ...DOCUMENTS]) {
    if (present.has(name)) await cp(join(PROJECT, name), join(copy, name), { recursive: true });
  }
  await symlink(join(PROJECT, 'node_modules'), join(copy, 'node_modules'), 'dir');
  await run('npm', ['pack', '--pack-destination', root], { cwd: copy, maxBuffer: 2 ** 24 });
  const tarball = (await readdir(root)).find((name) => name.endsWith('.tgz'));
  if (!tarball) throw new Error('npm pack made no tarball');
  return join(root, tarball);
}

/** Compiles what the folder's tsconfig.json names with the project's TypeScript; resolves to the errors it prints. */
export async function compile(folder: string): Promise<string> {
  const tsc = join(PROJECT, 'node_modules/typescript/bin/tsc');
  try {
    await run(process.execPath, [tsc, '--project', folder], { cwd: folder, maxBuffer: 2 ** 24 });
    return '';
  } catch (error) {
    return (error as { stdout?: string }).stdout || String(error);
  }
}
