import { type ChildProcess, fork } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { nifti } from '../support/nifti.js';
import { type ProxiedHost, startProxiedHost } from '../support/proxied-host.js';
import { s3Cannot } from '../support/s3.js';
import type { Told } from './upload-process.js';

const MiB = 2 ** 20;
/** LARGE_FILE_MEBIBYTES=2048 for the real thing; then with the default options of the server and the client. */
const SIZE = Number(process.env.LARGE_FILE_MEBIBYTES || 192) * MiB;
const IS_SMALL = SIZE < 1024 * MiB;
const MOST_MEMORY = 300 * MiB;

for (const store of ['filesystem', 's3'] as const) {
  describe(`a file of ${SIZE / MiB} MiB, on ${store}`, function () {
    this.timeout(IS_SMALL ? 120_000 : 1_200_000);
    let world: ProxiedHost;
    let folder: string;
    let path: string;
    let checksum: string;
    before(async function () {
      if (store === 's3' && s3Cannot('multipart')) this.skip();
      world = await startProxiedHost(store, IS_SMALL ? { router: { multipartThresholdBytes: 5 * MiB } } : {});
      folder = await mkdtemp(join(tmpdir(), 'mask-upload-large-'));
      path = join(folder, 'volume.nii');
      checksum = await writeVolume(path);
    });
    after(async () => {
      await world?.close();
      if (folder) await rm(folder, { recursive: true, force: true });
    });

    it('is resumed after the client was killed at 40 %, sending under 5 % again, in constant memory', async () => {
      const first = start(world, path);
      const killed = await first.until(({ sent, total }) => total > 0 && sent > 0.4 * total);
      first.child.kill('SIGKILL');
      await once(first.child, 'exit');
      expect(world.proxy.bytes).to.be.within(0.35 * SIZE, 0.7 * SIZE);

      const second = start(world, path, killed.groupId ?? 0);
      const done = await second.until((told) => told.checksum !== undefined);
      expect(done.checksum).to.equal(checksum);
      const again = world.proxy.bytes - SIZE;
      const server = process.resourceUsage().maxRSS * 1024;
      console.log(
        `      sent again: ${(again / MiB).toFixed(1)} MiB (${((100 * again) / SIZE).toFixed(1)} %); ` +
          `peak memory: client ${Math.round(Math.max(killed.peak, done.peak) / MiB)} MiB, ` +
          `server with its tests ${Math.round(server / MiB)} MiB`,
      );
      expect(again).to.be.within(0, 0.05 * SIZE);
      expect(Math.max(killed.peak, done.peak)).to.be.below(MOST_MEMORY);
      const { body } = await world.host.api('GET', `/annotations/1/mask-groups/${killed.groupId}`);
      expect(body).to.deep.include({ mask_count: 1, total_bytes: SIZE });
      expect(body.stats.pending_uploads).to.equal(0);
    });
  });
}

/** Small files are sent part by part, so that what is under way at any moment is less than 5 % of them. */
function start({ host }: ProxiedHost, path: string, groupId?: number) {
  const program = fileURLToPath(new URL('./upload-process.ts', import.meta.url));
  const args = [`${host.url}/api`, path, IS_SMALL ? '1' : '8', ...(groupId === undefined ? [] : [String(groupId)])];
  const child: ChildProcess = fork(program, args, { execArgv: ['--import=tsx'] });
  const until = (reached: (told: Told) => boolean) =>
    new Promise<Told>((resolve, reject) => {
      child.on('message', (told: Told) => reached(told) && resolve(told));
      child.on('exit', (code) => reject(new Error(`the client ended with ${code}`)));
    });
  return { child, until };
}

/** Bytes that do not compress; gives their SHA-256. */
async function writeVolume(path: string): Promise<string> {
  const hash = createHash('sha256');
  const file = await open(path, 'w');
  let left = SIZE;
  for (let chunk = nifti(64); left > 0; chunk = randomBytes(Math.min(left, 8 * MiB))) {
    hash.update(chunk);
    await file.write(chunk);
    left -= chunk.length;
  }
  await file.close();
  return hash.digest('hex');
}
