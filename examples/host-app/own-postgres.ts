import { type ChildProcess, fork } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { lstat, mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isOpenToNobody, isRoot } from './embedded-postgres.js';
import type { Report } from './postgres-process.js';

const STOP_TIMEOUT_MS = 6000;

export interface OwnPostgres {
  /** @throws Error that says what went wrong */
  connectionString: Promise<string>;
  /** Also ends what is still starting. */
  stop(): Promise<void>;
}

/** A PostgreSQL for the demo alone, in a process of its own; its data stays in the folder. */
export function startOwnPostgres(folder: string): OwnPostgres {
  let child: ChildProcess | undefined;
  let stopped = false;

  async function start(): Promise<string> {
    const data = await dataFolder(folder);
    if (stopped) throw new Error('stopped');
    child = fork(fileURLToPath(new URL('./postgres-process.ts', import.meta.url)), [data], {
      // the very loader that runs this file
      execArgv: [`--import=${import.meta.resolve('tsx')}`],
      detached: true,
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    const report = await Promise.race([
      once(child, 'message').then(([message]) => message as Report),
      once(child, 'exit').then(([code]): Report => ({ error: `its process ended with ${code}` })),
    ]);
    if ('error' in report) throw new Error(`the demo's own PostgreSQL does not start: ${report.error}`);
    console.log(`PostgreSQL of its own, data in ${report.folder}`);
    return report.connectionString;
  }

  return {
    connectionString: start(),
    async stop() {
      stopped = true;
      if (!child || child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      if (child.connected) child.disconnect();
      const tooLate = setTimeout(() => child?.kill('SIGKILL'), STOP_TIMEOUT_MS);
      await ended;
      clearTimeout(tooLate);
    },
  };
}

/** PostgreSQL does not run as root, and the user it runs as then may be unable to enter the project. */
async function dataFolder(folder: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  if (!isRoot() || (await isOpenToNobody(folder))) return join(resolve(folder), 'postgres');
  const name = createHash('sha256').update(resolve(folder)).digest('hex').slice(0, 12);
  const elsewhere = `/var/tmp/pacs-mask-upload-demo-${name}`;
  await mkdir(elsewhere, { recursive: true, mode: 0o711 });
  if ((await lstat(elsewhere)).uid !== 0) throw new Error(`${elsewhere} belongs to somebody else`);
  return join(elsewhere, 'postgres');
}
