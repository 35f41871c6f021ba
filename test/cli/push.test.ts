import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { sha256 } from '../support/host.js';
import { nifti } from '../support/nifti.js';
import { png } from '../support/png.js';
import { type ProxiedHost, startProxiedHost } from '../support/proxied-host.js';
import { waitFor } from '../support/wait.js';

describe('pacs-mask-upload push', function () {
  this.timeout(60_000);
  let world: ProxiedHost;
  let root: string;
  let folder: string;
  before(async () => {
    world = await startProxiedHost('filesystem');
    root = await mkdtemp(join(tmpdir(), 'mask-upload-cli-'));
    folder = await folderOf(300);
  });
  afterEach(() => {
    world.proxy.fault = () => undefined;
  });
  after(async () => {
    await world.close();
    await rm(root, { recursive: true, force: true });
  });

  async function folderOf(count: number): Promise<string> {
    const path = join(root, `slices-${count}`);
    await mkdir(path, { recursive: true });
    for (let slice = 1; slice <= count; slice++) {
      await writeFile(join(path, `${String(slice).padStart(4, '0')}_liver.png`), png({ value: slice }));
    }
    return path;
  }

  function start(args: string[], token: string | undefined = 'anna') {
    const child = spawn(process.execPath, ['--import=tsx', 'src/cli/main.ts', ...args], {
      env: { ...process.env, PACS_MASK_UPLOAD_TOKEN: token },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const output = { stdout: '', stderr: '' };
    child.stdout.on('data', (chunk) => {
      output.stdout += chunk;
    });
    child.stderr.on('data', (chunk) => {
      output.stderr += chunk;
    });
    const ended = once(child, 'close').then(([code, signal]) => ({ code: code ?? signal, ...output }));
    return { child, ended };
  }

  const target = (name: string, annotation = '1') => [
    ...['--url', `${world.host.url}/api`, '--annotation', annotation],
    ...['--group-name', name],
  ];
  const run = (args: string[], token?: string) => start(args, token).ended;
  const groups = async () => (await world.host.api('GET', '/annotations/1/mask-groups?limit=200')).body.mask_groups;

  it('uploads a folder of 300 PNGs as one group', async () => {
    const fields = ['--model-name', 'nnU-Net', '--version', '2.1', '--modality', 'CT', '--description', 'second pass'];
    const { code, stdout, stderr } = await run(['push', folder, ...target('Liver'), ...fields]);
    expect(code, stderr).to.equal(0);
    const [group] = await groups();
    expect(stdout).to.equal(`group ${group.id} is complete: 300 masks recorded\n`);
    expect(stderr).to.match(/300\/300 files/);
    expect(stderr).not.to.contain('\r');
    expect(group).to.deep.include({
      ...{ group_name: 'Liver', model_name: 'nnU-Net', version: '2.1', modality: 'CT', description: 'second pass' },
      ...{ slice_count: 300, mask_count: 300, status: 'complete' },
    });
    const { body } = await world.host.api('GET', `/annotations/1/mask-groups/${group.id}/masks?slice_index=42`);
    expect(body.masks).to.have.length(1);
    expect(body.masks[0]).to.deep.include({ label_name: 'liver', checksum: sha256(png({ value: 42 })) });
  });

  it('goes on with --resume after it was killed, and sends nothing twice', async () => {
    const { child, ended } = start(['push', folder, ...target('Killed'), '--concurrency', '4']);
    let count = 0;
    world.proxy.fault = () => (++count > 150 ? 'hanging' : undefined);
    await waitFor(() => count > 150);
    child.kill('SIGKILL');
    expect((await ended).code).to.equal('SIGKILL');
    world.proxy.fault = () => undefined;

    const { code, stdout } = await run(['push', folder, ...target('Killed'), '--resume']);
    expect(code).to.equal(0);
    const [group, before] = await groups();
    expect(before.group_name, 'no second group of the name').not.to.equal('Killed');
    expect(stdout).to.equal(`group ${group.id} is complete: 300 masks recorded\n`);
    const bytes = world.proxy.bytes;
    const again = await run(['push', folder, ...target('Killed'), '--resume']);
    expect([again.code, again.stdout]).to.deep.equal([0, stdout]);
    expect(world.proxy.bytes).to.equal(bytes);
  });

  it('stops on Ctrl-C and says how to go on', async () => {
    let hanging = 0;
    world.proxy.fault = () => {
      hanging++;
      return 'hanging';
    };
    const { child, ended } = start(['push', folder, ...target('Interrupted')]);
    await waitFor(() => hanging >= 8);
    child.kill('SIGINT');
    const { code, stderr } = await ended;
    const [group] = await groups();
    expect(code).to.equal(130);
    expect(stderr).to.contain(`--group ${group.id}\n`);
    world.proxy.fault = () => undefined;
    const resumed = await run([
      ...['push', folder, '--url', `${world.host.url}/api`, '--annotation', '1', '--group', String(group.id)],
    ]);
    expect(resumed.stdout).to.equal(`group ${group.id} is complete: 300 masks recorded\n`);
  });

  it('uploads a volume, compressed', async () => {
    const path = join(root, 'volume');
    await mkdir(path);
    await writeFile(join(path, 'case 7 final.nii'), nifti(20_000));
    const { code, stderr } = await run(['push', path, ...target('Volume'), '--label', 'organs', '--compress']);
    expect(code, stderr).to.equal(0);
    const [group] = await groups();
    const { body } = await world.host.api('GET', `/annotations/1/mask-groups/${group.id}/masks`);
    expect(body.masks[0]).to.deep.include({ slice_index: null, label_name: 'organs', content_encoding: 'gzip' });
  });

  it('follows links to files, and refuses one that leads nowhere rather than leaving its slice out', async () => {
    const path = join(root, 'links');
    await mkdir(path);
    await writeFile(join(path, '0001_liver.png'), png({ value: 1 }));
    await symlink(join(folder, '0002_liver.png'), join(path, '0002_liver.png'));
    await symlink(folder, join(path, 'more'));
    const { code, stdout } = await run(['push', path, ...target('Links')]);
    const [group] = await groups();
    expect([code, stdout]).to.deep.equal([0, `group ${group.id} is complete: 2 masks recorded\n`]);

    await symlink(join(root, 'nowhere'), join(path, '0003_liver.png'));
    const broken = await run(['push', path, ...target('Broken link')]);
    expect(broken.stderr).to.match(/0003_liver\.png leads nowhere: ENOENT/);
    expect(broken.code).to.equal(2);
    expect((await groups())[0].id).to.equal(group.id);
  });

  it('names the files that are the same slice and label, also with --dry-run', async () => {
    const path = join(root, 'twins');
    await mkdir(path);
    for (const name of ['0001_liver.png', '1_liver.png']) await writeFile(join(path, name), png());
    for (const more of [[], ['--dry-run']]) {
      const { code, stderr } = await run(['push', path, ...target('Twins'), ...more]);
      expect(stderr).to.match(/0001_liver\.png and 1_liver\.png are the same slice and label/);
      expect(code).to.equal(2);
    }
  });

  it('says with --dry-run what it would do, and does nothing', async () => {
    const before = await groups();
    const { code, stdout } = await run(['push', folder, ...target('Dry'), '--dry-run']);
    expect(code).to.equal(0);
    expect(stdout).to.match(/^0001_liver\.png: slice 1, liver, \d+ B\n/);
    expect(stdout).to.match(/300 files, 300 slices; nothing was uploaded\n$/);
    expect(await groups()).to.deep.equal(before);
  });

  it('prints no control character of a name', async () => {
    const path = join(root, 'escapes');
    await mkdir(path);
    await writeFile(join(path, '0001_\u001b[31mliver.png'), png());
    const { stdout } = await run(['push', path, ...target('Escapes'), '--dry-run']);
    expect(stdout).to.match(/^0001_\uFFFD\[31mliver\.png: slice 1, \uFFFD\[31mliver, \d+ B\n/);
  });

  it('does not send anyone on with a group that is not there', async () => {
    const { code, stderr } = await run(['push', folder, ...target('Nowhere'), '--group', '99999']);
    expect(code).to.equal(1);
    expect(stderr).to.match(/^mask-group-not-found: /m);
    expect(stderr).not.to.contain('to go on');
  });

  it('ends with 1 when a file is not recorded, names it, and records the others', async () => {
    const path = await folderOf(3);
    await writeFile(join(path, '0004_liver.png'), 'not a PNG');
    const { code, stderr } = await run(['push', path, ...target('Incomplete')]);
    expect(code).to.equal(1);
    expect(stderr).to.match(/upload-incomplete: 1 of 4 files/);
    expect(stderr).to.match(/0004_liver\.png: content-mismatch/);
    expect((await groups())[0].mask_count).to.equal(3);
  });

  it('ends with 3 for who may not, and never repeats the token', async () => {
    for (const [token, code] of [
      ['ben', 'forbidden'],
      ['', 'unauthenticated'],
    ] as const) {
      const ended = await run(['push', folder, ...target('Forbidden')], token);
      expect(ended.code).to.equal(3);
      expect(ended.stderr).to.match(new RegExp(`^${code}:`, 'm'));
      expect(ended.stderr).not.to.contain('Bearer');
    }
  });

  it('ends with 2 for wrong usage, and says what is wrong', async () => {
    const unclear = join(root, 'unclear');
    await mkdir(unclear);
    await writeFile(join(unclear, 'liver.png'), png());
    const cases: [string[], RegExp][] = [
      [[], /say what to do: push/],
      [['pull', folder], /the only command is push/],
      [['push', ...target('x')], /which folder/],
      [['push', folder, '--annotation', '1', '--group-name', 'x'], /--url is missing/],
      [['push', folder, '--url', 'ftp://x', '--annotation', '1', '--group-name', 'x'], /http or https/],
      [['push', folder, '--url', 'http://me:pw@x', '--annotation', '1', '--group-name', 'x'], /have credentials/],
      [['push', folder, '--url', 'http://x?y', '--annotation', '1', '--group-name', 'x'], /have a query/],
      [['push', folder, '--url', 'http://x', '--annotation', '1'], /--group-name is missing/],
      [['push', folder, ...target('x'), '--concurrency', '0'], /--concurrency must be a whole number/],
      [['push', folder, ...target('x'), '--nonsense'], /--nonsense/],
      [['push', join(root, 'nowhere'), ...target('x')], /cannot be read: ENOENT/],
      [['push', unclear, ...target('x')], /1 of 1 names do not fit the pattern \(liver\.png\)/],
      [['push', folder, ...target('DOE^JOHN')], /unsafe-name/],
    ];
    const before = await groups();
    for (const [args, message] of cases) {
      const { code, stderr } = await run(args);
      expect(stderr).to.match(message);
      expect(code, stderr).to.equal(2);
    }
    expect(await groups()).to.deep.equal(before);
  });

  it('explains itself', async () => {
    const { code, stdout } = await run(['--help']);
    expect(code).to.equal(0);
    for (const option of ['--url', '--annotation', '--resume', '--pattern', 'PACS_MASK_UPLOAD_TOKEN', 'Exit codes']) {
      expect(stdout).to.contain(option);
    }
  });
});
