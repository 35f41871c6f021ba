/**
 * The process that runs the demo's own PostgreSQL: apart from the demo, so that Ctrl-C in a terminal reaches only the
 * demo, and so that PostgreSQL ends with the demo however that ends. Its argument is the folder for the data; it tells
 * its parent one message when ready, and stops when the parent disconnects.
 */
import { type EmbeddedPostgres, FolderInUse, startEmbeddedPostgres } from './embedded-postgres.js';

/** The message to the parent. */
export type Report = { connectionString: string; folder: string } | { error: string };

const MOST_AT_ONCE = 9;
/** For the last writes. After that PostgreSQL stops at once, and recovers at the next start. */
const FAST_STOP_MS = 4000;

const parentIsGone = new AbortController();
const started = start(process.argv[2] ?? '');

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => undefined);
process.on('disconnect', stop);
if (!process.connected) stop(); // the parent was gone before we listened

const report: Report = await started.then(
  ({ server, folder }) => ({ connectionString: server.connectionString, folder }),
  (error: Error) => ({ error: error.message }),
);
if (process.connected) process.send?.(report);

/** Several demos may run at once: each after the first takes the next folder, `postgres-2` and so on. */
async function start(folder: string): Promise<{ server: EmbeddedPostgres; folder: string }> {
  for (let number = 1; ; number++) {
    const own = number === 1 ? folder : `${folder}-${number}`;
    try {
      return { server: await startEmbeddedPostgres(own, { signal: parentIsGone.signal }), folder: own };
    } catch (error) {
      if (!(error instanceof FolderInUse) || number === MOST_AT_ONCE) throw error;
    }
  }
}

async function stop(): Promise<void> {
  parentIsGone.abort();
  const running = await started.catch(() => undefined);
  setTimeout(() => running?.server.stop('now'), FAST_STOP_MS);
  await running?.server.stop();
  process.exit();
}
