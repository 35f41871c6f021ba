import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { startEmbeddedPostgres as start } from '../../../examples/host-app/embedded-postgres.js';
import type { Server } from './server.js';

/** Starts the PostgreSQL of the example host in `folder`, fast and with no care for its data: the caller removes it. */
export async function startEmbeddedPostgres(folder: string): Promise<Server> {
  await chmod(folder, 0o711); // where root runs the tests, PostgreSQL is another user
  const server = await start(join(folder, 'postgres'), {
    settings: ['max_connections=200', 'fsync=off', 'full_page_writes=off'],
  });
  return {
    env: { TEST_DATABASE_URL: server.connectionString },
    description: `embedded PostgreSQL on port ${server.port}`,
    stop: () => server.stop('now'),
  };
}
