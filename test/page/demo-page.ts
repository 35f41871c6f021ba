import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PutBucketCorsCommand } from '@aws-sdk/client-s3';
import type { Knex } from 'knex';
import { createApp } from '../../examples/host-app/app.js';
import { bundlePage } from '../../examples/host-app/bundle-page.js';
import { prepareDatabase } from '../../examples/host-app/database.js';
import { createFilesystemStorage, createS3Storage } from '../../src/index.js';
import { freshDatabase } from '../support/postgres.js';
import { freshBucket } from '../support/s3.js';
import { type StoreGate, storeGate } from './store-gate.js';

/** The demo with its page, in this process, and a gate in front of its store. */
export interface DemoPage {
  /** What to open in a browser. */
  url: string;
  gate: StoreGate;
  knex: Knex;
  /** Has the page's server answer this path with a script. */
  serve(path: string, script: string): void;
  close(): Promise<void>;
}

export type Store = 'filesystem' | 's3';

/**
 * With files the store is at the page's own origin, as in `npm run demo`; with S3 it is at another one, and the bucket's
 * CORS permits the page. `hostname` is the name under which the browser finds the page at 127.0.0.1; the bucket stays at
 * its number, for to Ceph any other name is that of a bucket.
 */
export async function startDemoPage(store: Store, hostname = '127.0.0.1'): Promise<DemoPage> {
  const database = await freshDatabase();
  await prepareDatabase(database.knex);
  let handler: RequestListener = (_req, res) => void res.writeHead(503).end();
  const server = createServer((req, res) => handler(req, res));
  const direct = await listen(server);
  const { storage, gate, url, drop } = await (store === 's3' ? bucketAt(direct, hostname) : folderAt(direct, hostname));
  const app = await createApp({
    knex: database.knex,
    storage,
    url,
    script: await bundlePage(),
    options: { onEvent() {} },
  });
  const scripts = new Map<string, string>();
  handler = (req, res) => {
    const script = scripts.get(req.url ?? '');
    if (script === undefined) return app.handler(req, res);
    res.writeHead(200, { 'Content-Type': 'text/javascript' }).end(script);
  };

  return {
    url,
    gate,
    knex: database.knex,
    serve: (path, script) => scripts.set(path, script),
    async close() {
      await app.close();
      await gate.close();
      server.closeAllConnections();
      server.close();
      await drop();
      await database.drop();
    },
  };
}

async function folderAt(direct: string, hostname: string) {
  const gate = await storeGate(new URL(direct), (path) => path.startsWith('/mask-files/'));
  const url = named(gate.url, hostname);
  const root = await mkdtemp(join(tmpdir(), 'mask-upload-page-'));
  const secret = 'a secret for tests, of more than thirty-two bytes';
  const storage = createFilesystemStorage({ root, secret, publicUrl: `${url}/mask-files`, allowHttp: true });
  return { storage, gate, url, drop: () => rm(root, { recursive: true, force: true }) };
}

async function bucketAt(direct: string, hostname: string) {
  const url = named(direct, hostname);
  const bucket = await freshBucket();
  // as in README.md, for this page's origin
  const CORSRules = [
    {
      AllowedOrigins: [url],
      AllowedMethods: ['PUT', 'GET', 'HEAD'],
      AllowedHeaders: ['content-type', 'content-encoding', 'if-none-match', 'x-amz-*'],
      ExposeHeaders: ['ETag'],
    },
  ];
  await bucket.client.send(new PutBucketCorsCommand({ Bucket: bucket.name, CORSConfiguration: { CORSRules } }));
  const gate = await storeGate(new URL(bucket.endpoint));
  const storage = createS3Storage({
    bucket: bucket.name,
    endpoint: gate.url,
    region: bucket.region,
    credentials: bucket.credentials,
    forcePathStyle: true,
    allowHttp: true,
  });
  const drop = async () => {
    await storage.close();
    await bucket.drop();
  };
  return { storage, gate, url, drop };
}

function named(url: string, hostname: string): string {
  return url.replace('127.0.0.1', hostname);
}

async function listen(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
