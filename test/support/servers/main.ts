/**
 * The process that runs the servers the tests need: named in its arguments (`postgres`, `s3`), told to the parent in
 * one message when ready, stopped and removed without a trace when the parent disconnects, for whatever reason.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startMinioContainer, startPostgresContainer } from './containers.js';
import { startEmbeddedPostgres } from './embedded-postgres.js';
import { startS3rver } from './s3rver.js';
import type { Server } from './server.js';

export type Kind = 'postgres' | 's3';
/** The message to the parent. */
export type Report = { servers: Pick<Server, 'env' | 'description'>[] } | { error: string };

const CONTAINERS = { postgres: startPostgresContainer, s3: startMinioContainer };
const PROGRAMS = { postgres: startEmbeddedPostgres, s3: startS3rver };

const folders: string[] = [];
const servers: Server[] = [];

/** The first choice that starts. */
async function start(kind: Kind): Promise<Server> {
  const choices = process.env.TEST_WITHOUT_DOCKER ? [PROGRAMS[kind]] : [CONTAINERS[kind], PROGRAMS[kind]];
  const reasons: string[] = [];
  for (const choice of choices) {
    try {
      const folder = await mkdtemp(join(tmpdir(), 'mask-upload-test-'));
      folders.push(folder);
      const server = await choice(folder);
      servers.push(server);
      return server;
    } catch (error) {
      reasons.push(String(error));
    }
  }
  throw new Error(`no ${kind} for the tests:\n  ${reasons.join('\n  ')}`);
}

const started = Promise.all((process.argv.slice(2) as Kind[]).map(start));

async function stop(): Promise<void> {
  await started.catch(() => undefined);
  await Promise.allSettled(servers.map((server) => server.stop()));
  await Promise.allSettled(folders.map((folder) => rm(folder, { recursive: true, force: true })));
  process.exit();
}

// the parent decides when it ends: a signal that reaches both is the parent's to answer
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => undefined);
process.on('disconnect', stop);
if (!process.connected) stop(); // the parent was gone before we listened

const report: Report = await started.then(
  (all) => ({ servers: all.map(({ env, description }) => ({ env, description })) }),
  (error: Error) => ({ error: error.message }),
);
if (process.connected) process.send?.(report);
