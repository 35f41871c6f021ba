import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort, isRoot } from '../../examples/host-app/embedded-postgres.js';

/**
 * PgBouncer (Debian's package `pgbouncer`) in transaction-pooling mode before a database: every transaction may run on
 * another connection, so whatever relies on a session breaks.
 *
 * @param folder is made; its parents must be open to the user `nobody`
 */
export async function startPgBouncer(folder: string, database: URL): Promise<{ url: string; stop(): Promise<void> }> {
  const port = await freePort();
  await mkdir(folder);
  await chmod(folder, 0o711);
  const file = join(folder, 'pgbouncer.ini');
  const { hostname, port: databasePort, username, password, pathname } = database;
  await writeFile(
    file,
    `[databases]
* = host=${hostname} port=${databasePort} user=${username} password=${decodeURIComponent(password)} dbname=${pathname.slice(1)}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 8
max_client_conn = 200
server_login_retry = 1
query_wait_timeout = 10
`,
  );
  // PgBouncer refuses to run as root
  const user = isRoot() ? ['-u', 'nobody'] : [];
  const child = spawn('pgbouncer', [...user, file], { stdio: ['ignore', 'ignore', 'pipe'], cwd: folder });
  await listening(child);
  return {
    url: `postgres://${username}@127.0.0.1:${port}${pathname}`,
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    },
  };
}

function listening(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let log = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      log = (log + chunk).slice(-4096);
      if (log.includes('process up')) resolve();
    });
    child.on('error', (error) => reject(new Error("Install Debian's package pgbouncer", { cause: error })));
    child.on('exit', (code) => reject(new Error(`PgBouncer ended with ${code}: ${log}`)));
  });
}
