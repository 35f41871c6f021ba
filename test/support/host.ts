import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import express5 from 'express';
import express4 from 'express4';
import type { Knex } from 'knex';
import type { AccessRequest, Auth, FileToSign, Principal, SignedPut, SignedUpload } from '../../src/index.js';
import {
  createFilesystemStorage,
  createMaskUploadRouter,
  createS3Storage,
  type MaskUploadRouterOptions,
  type MigrateOptions,
  migrateMaskUpload,
  type Storage,
} from '../../src/index.js';
import { expectProblem, expectResponseMatches, operations } from './openapi.js';
import { createHostTable, type FreshDatabase, freshDatabase } from './postgres.js';
import { type FreshBucket, freshBucket } from './s3.js';

/** A host as an integrator would write it: Express, its own table, bearer names for users, our router under /api. */
export interface TestHost {
  /** Where the server listens, without a path. */
  url: string;
  knex: Knex;
  database: FreshDatabase;
  storage: Storage;
  /** Only with S3. */
  bucket: FreshBucket | undefined;
  /** Only with the filesystem. */
  folder: string | undefined;
  /** Every object key in the store, sorted. */
  keys(): Promise<string[]>;
  /** Calls the API; every answer is checked against the OpenAPI document. */
  api(method: string, path: string, body?: unknown, options?: CallOptions): Promise<ApiAnswer>;
  /** What `authorize` has been asked so far. */
  asked: AccessRequest[];
  close(): Promise<void>;
}

export interface CallOptions {
  /** User name; null sends no credentials. Default `anna`, who may do everything. */
  as?: string | null;
  headers?: Record<string, string>;
  /** Sent as it is instead of JSON; a stream goes out chunked, without a Content-Length. */
  raw?: string | Buffer | ReadableStream;
  /** Default application/json where there is a body; null sends none. */
  contentType?: string | null;
}

export interface ApiAnswer {
  status: number;
  headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: bodies are checked against the OpenAPI document, not by the compiler
  body: any;
  milliseconds: number;
}

export interface HostOptions {
  store?: 's3' | 'filesystem';
  express?: 4 | 5;
  mount?: string;
  /** Path under which clients find a parameterised `mount`. */
  address?: string;
  /** Handlers of the host's own, ahead of the router and after it. They answer with `x-answered-by: host`. */
  before?: unknown[];
  after?: unknown[];
  /** The host's table, where it is not the default one, and where the package's tables go. */
  table?: Parameters<typeof createHostTable>[1];
  migrate?: MigrateOptions;
  /** Puts the host's own express.json() before or after the router. Default none. */
  parser?: 'before' | 'after';
  /** Over the defaults of the router. */
  router?: Partial<MaskUploadRouterOptions>;
  auth?: Partial<Auth>;
  database?: FreshDatabase;
  /** Made by `createHostTable` and `migrateMaskUpload` already. */
  prepared?: boolean;
  storage?: Storage;
  /** Connection for the router's own pool, e.g. through a proxy. */
  knex?: Knex;
}

/** `anna` may do everything; `ben` may only read; anyone else may do nothing. */
const PERMISSIONS: Record<string, AccessRequest['action'][]> = { anna: ['read', 'write', 'delete'], ben: ['read'] };

export async function startHost(options: HostOptions = {}): Promise<TestHost> {
  const database = options.database ?? (await freshDatabase());
  if (!options.prepared) {
    await createHostTable(database.knex, options.table);
    await migrateMaskUpload(options.knex ?? database.knex, options.migrate);
  }
  // the two versions' types cannot be called as one
  const app = (options.express === 4 ? express4() : express5()) as unknown as { use(...handlers: unknown[]): void };
  const server = createServer(app as unknown as RequestListener);
  const url = await listen(server);

  const store = options.storage
    ? { storage: options.storage, bucket: undefined, folder: undefined, drop: async () => {} }
    : options.store === 's3'
      ? await s3Store()
      : await filesystemStore(url, app);

  const asked: AccessRequest[] = [];
  const router = createMaskUploadRouter<Principal>({
    knex: options.knex ?? database.knex,
    storage: store.storage,
    auth: {
      authenticate: (req) => {
        const user = /^Bearer (\w+)$/.exec(req.headers.authorization ?? '')?.[1];
        return user ? { userId: user } : null;
      },
      authorize: (principal, access) => {
        asked.push(access);
        return PERMISSIONS[String(principal.userId)]?.includes(access.action) ?? false;
      },
      ...options.auth,
    },
    onEvent: () => {},
    ...options.router,
  });
  const mount = options.mount ?? '/api';
  const parser = options.express === 4 ? express4.json() : express5.json();
  if (options.parser === 'before') app.use(parser);
  for (const handler of options.before ?? []) app.use(handler);
  app.use(mount, router);
  if (options.parser === 'after') app.use(parser);
  for (const handler of options.after ?? []) app.use(handler);
  const address = options.address ?? (mount === '/' ? '' : mount);

  return {
    url,
    knex: database.knex,
    database,
    storage: store.storage,
    bucket: store.bucket,
    folder: store.folder,
    asked,
    async keys() {
      const keys: string[] = [];
      for await (const { key } of store.storage.list('')) keys.push(key);
      return keys.sort();
    },
    api: (method, path, body, call) => callApi(`${url}${address}`, method, path, body, call),
    async close() {
      await router.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await store.drop();
      if (!options.database) await database.drop();
    },
  };
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function s3Store() {
  const bucket = await freshBucket();
  const storage = createS3Storage({
    bucket: bucket.name,
    endpoint: bucket.endpoint,
    region: bucket.region,
    credentials: bucket.credentials,
    forcePathStyle: true,
  });
  return {
    storage,
    bucket,
    folder: undefined,
    async drop() {
      await storage.close();
      await bucket.drop();
    },
  };
}

async function filesystemStore(url: string, app: { use(...handlers: unknown[]): void }) {
  const root = await mkdtemp(join(tmpdir(), 'mask-upload-test-'));
  const storage = createFilesystemStorage({
    root,
    secret: 'a secret for tests, of more than thirty-two bytes',
    publicUrl: `${url}/mask-files`,
  });
  app.use('/mask-files', storage.handler);
  return { storage, bucket: undefined, folder: root, drop: () => rm(root, { recursive: true, force: true }) };
}

async function callApi(
  base: string,
  method: string,
  path: string,
  body: unknown,
  { as = 'anna', headers = {}, raw, contentType = 'application/json' }: CallOptions = {},
): Promise<ApiAnswer> {
  const content = raw ?? (body === undefined ? undefined : JSON.stringify(body));
  const startedAt = performance.now();
  const response = await fetch(`${base}${path}`, {
    method,
    redirect: 'manual',
    headers: {
      ...(as !== null && { authorization: `Bearer ${as}` }),
      ...(content !== undefined && contentType !== null && { 'content-type': contentType }),
      ...headers,
    },
    // a string would get a content type of fetch's own
    ...(content !== undefined && {
      body: (typeof content === 'string' ? Buffer.from(content) : content) as never,
      duplex: 'half',
    }),
  } as RequestInit);
  const text = await response.text();
  const milliseconds = performance.now() - startedAt;
  const answered = response.headers.get('content-type');
  const parsed: unknown = answered?.includes('json') && text !== '' ? JSON.parse(text) : undefined;
  const operation = response.headers.get('x-answered-by') === 'host' ? undefined : operationOf(method, path);
  if (operation) expectResponseMatches(operation, response.status, answered, parsed, response.headers);
  else if (response.status >= 400 && parsed !== undefined) expectProblem(response.status, answered, parsed);
  return { status: response.status, headers: response.headers, body: parsed, milliseconds };
}

/** The operation of the document that a call is one of; HEAD is documented by its GET. */
function operationOf(method: string, path: string): string | undefined {
  const [plain = ''] = path.split('?');
  const wanted = (method === 'HEAD' ? 'GET' : method).toLowerCase();
  return operations().find(
    (operation) =>
      operation.method === wanted && new RegExp(`^${operation.path.replace(/\{\w+\}/g, '[^/%]+')}$`).test(plain),
  )?.operationId;
}

export function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** What to ask for before uploading these bytes. */
export function fileFor(bytes: Buffer, more: Partial<FileToSign> = {}): FileToSign {
  return { mime_type: 'image/png', file_size: bytes.length, checksum: sha256(bytes), ...more };
}

/** PUTs bytes as the signed upload says; gives the status. */
export async function put(upload: SignedUpload, bytes: Buffer, headers: Record<string, string> = {}): Promise<number> {
  if (upload.multipart) throw new Error('this file is to be sent in parts');
  const response = await fetch(upload.upload_url, {
    method: upload.method,
    headers: { ...upload.headers, ...headers },
    body: bytes as never,
  });
  await response.arrayBuffer();
  return response.status;
}

/** Creates a group on annotation 1; gives its path. */
export async function newGroup(host: TestHost, fields: object = {}, annotation: string | number = 1): Promise<string> {
  const { body } = await host.api('POST', `/annotations/${annotation}/mask-groups`, fields);
  return `/annotations/${annotation}/mask-groups/${body.id}`;
}

/** Signs and PUTs files into a group; gives what was signed. */
export async function upload(host: TestHost, group: string, files: { bytes: Buffer; file?: Partial<FileToSign> }[]) {
  const { status, body } = await host.api('POST', `${group}/signed-urls`, {
    files: files.map(({ bytes, file }) => fileFor(bytes, file)),
  });
  if (status !== 200) throw new Error(`signing answered ${status} ${JSON.stringify(body)}`);
  const uploads: SignedPut[] = body.uploads;
  const statuses = await Promise.all(
    uploads.map((signed, index) => put(signed, files[index]?.bytes ?? Buffer.alloc(0))),
  );
  if (statuses.some((one) => one !== 200)) throw new Error(`PUT answered ${statuses.join(', ')}`);
  return uploads;
}

/** Puts other bytes under a key, behind the back of the storage. */
export async function overwriteIn(host: TestHost, key: string, bytes: Buffer): Promise<void> {
  if (host.bucket) {
    const command = { Bucket: host.bucket.name, Key: key, Body: bytes, ContentType: 'image/png' };
    await host.bucket.client.send(new PutObjectCommand(command));
  } else {
    const file = join(host.folder ?? '', key);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, bytes);
  }
}

/** Where one mask is found: through its annotation, not through its group. */
export function maskPath(group: string, maskId: number | string): string {
  return group.replace(/\/mask-groups\/[^/]+$/, `/masks/${maskId}`);
}
