import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import knexPackage, { type Knex } from 'knex';
import { build } from 'tsup';
import { type EmbeddedPostgres, freePort, startEmbeddedPostgres } from '../../examples/host-app/embedded-postgres.js';
import { createFilesystemStorage, createS3Storage, type Storage } from '../../src/index.js';
import { freshBucket } from '../support/s3.js';
import { tcpProxy } from '../support/tcp-proxy.js';
import { startPgBouncer } from './pgbouncer.js';

export interface Surroundings {
  store: 's3' | 'filesystem';
  /** The hosts reach the database through PgBouncer in transaction-pooling mode. */
  pooled?: boolean;
  /** The folder with the project, or with a broken copy of it. */
  source: string;
}

/** What the chaos takes place in: a database, a store, and host processes, each of which can be taken away. */
export interface World {
  /** Straight to the database, past anything that is taken away; errors of the host's own SQL show here. */
  knex: Knex;
  /** Straight to the store. */
  storage: Storage;
  /** Base URLs of the host processes, which may be down. */
  hosts: string[];
  /** Host processes that ended without being killed, which none ever should. */
  endedByThemselves: string[];
  killHost(index: number): Promise<void>;
  restartDatabase(): Promise<void>;
  stopStoreFor(milliseconds: number): Promise<void>;
  close(): Promise<void>;
}

export async function createWorld({ store, pooled, source }: Surroundings): Promise<World> {
  const folder = await mkdtemp('/var/tmp/mask-upload-chaos-');
  await chmod(folder, 0o711); // PostgreSQL's own user must be able to enter
  const databasePort = await freePort();
  const startDatabase = () =>
    startEmbeddedPostgres(join(folder, 'postgres'), { settings: [`port=${databasePort}`, 'max_connections=100'] });
  let database: EmbeddedPostgres = await startDatabase();
  const url = new URL(database.connectionString);
  url.port = String(databasePort);
  const log = { warn() {}, error() {}, deprecate() {}, debug() {} }; // knex prints every lost connection
  const knex = knexPackage({ client: 'pg', connection: url.href, pool: { min: 0, max: 20 }, log });
  await knex.raw('create table annotation_annotation (id serial primary key)');

  const bouncer = pooled ? await startPgBouncer(join(folder, 'pgbouncer'), url) : undefined;
  const ports = [await freePort(), await freePort()];
  const place = store === 's3' ? await s3Place() : filesystemPlace(join(folder, 'store'));
  const program = await bundleHost(source);
  const children: (ChildProcess | undefined)[] = [];
  const endedByThemselves: string[] = [];

  function startHost(index: number): ChildProcess {
    const port = String(ports[index]);
    const child = spawn(process.execPath, [join(program, 'host.js')], {
      env: {
        ...process.env,
        DATABASE_URL: bouncer?.url ?? url.href,
        PORT: port,
        NODE_NO_WARNINGS: '1',
        ...place.env(port),
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    children[index] = child;
    child.on('exit', (code) => {
      if (code !== null) endedByThemselves.push(`a host process ended by itself with ${code}`);
    });
    return child;
  }
  await Promise.all([...ports.keys()].map((index) => listening(startHost(index))));

  return {
    knex,
    storage: place.storage,
    hosts: ports.map((port) => `http://127.0.0.1:${port}/api`),
    endedByThemselves,
    async killHost(index) {
      const child = children[index];
      const ended = child && once(child, 'exit');
      child?.kill('SIGKILL');
      await ended;
      const again = startHost(index);
      // mostly one host is up while the other one is killed; at times they both go, or one as soon as it starts
      if (Math.random() < 0.8) await Promise.race([listening(again), delay(5000)]).catch(() => undefined);
    },
    async restartDatabase() {
      await database.stop('now');
      database = await startDatabase();
    },
    stopStoreFor: place.stopFor,
    async close() {
      for (const child of children) child?.kill('SIGKILL');
      await bouncer?.stop();
      await knex.destroy();
      await database.stop('now');
      await place.close();
      for (const made of [folder, program]) await rm(made, { recursive: true, force: true });
    },
  };
}

/** @throws Error when the process ends instead */
async function listening(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`a host process ended with ${code} before it listened`);
  });
  await Promise.race([once(child.stdout ?? child, 'data'), ended]);
  child.stdout?.resume();
}

/** One file that starts in a moment, in a folder from which the dependencies can be found. */
async function bundleHost(source: string): Promise<string> {
  const outDir = await mkdtemp(join(source, 'node_modules', '.chaos-'));
  await build({
    entry: [join(source, 'test/chaos/host.ts')],
    outDir,
    format: ['esm'],
    target: 'node20',
    config: false,
    silent: true,
    clean: false,
  });
  return outDir;
}

async function s3Place() {
  const bucket = await freshBucket();
  const { hostname, port } = new URL(bucket.endpoint);
  const proxy = await tcpProxy(Number(port), hostname);
  const storage = createS3Storage({
    bucket: bucket.name,
    region: bucket.region,
    endpoint: bucket.endpoint,
    credentials: bucket.credentials,
    forcePathStyle: true,
  });
  return {
    storage,
    env: () => ({
      OBJECT_STORAGE_PROVIDER: 's3',
      S3_BUCKET_NAME: bucket.name,
      S3_REGION: bucket.region,
      // both the server's calls and the clients' PUTs go through what is taken away
      S3_ENDPOINT: `http://127.0.0.1:${proxy.port}`,
      S3_FORCE_PATH_STYLE: 'true',
      AWS_ACCESS_KEY_ID: bucket.credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: bucket.credentials.secretAccessKey,
    }),
    async stopFor(milliseconds: number) {
      await proxy.cut();
      await delay(milliseconds);
      await proxy.resume();
    },
    async close() {
      await proxy.close();
      await storage.close();
      await bucket.drop();
    },
  };
}

function filesystemPlace(root: string) {
  const secret = 'a secret of the chaos test that has more than 32 bytes';
  return {
    storage: createFilesystemStorage({ root, secret, publicUrl: 'http://127.0.0.1:1/mask-files' }),
    env: (port: string) => ({
      OBJECT_STORAGE_PROVIDER: 'filesystem',
      FILESYSTEM_STORAGE_ROOT: root,
      FILESYSTEM_STORAGE_SECRET: secret,
      FILESYSTEM_STORAGE_PUBLIC_URL: `http://127.0.0.1:${port}/mask-files`,
    }),
    stopFor: async () => {}, // it is gone with the host processes
    close: async () => {},
  };
}
