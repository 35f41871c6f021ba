import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer, get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';
import type { FileToSign, MaskGroup, SignedPut } from '../src/index.js';
import { fileFor, put } from './support/host.js';
import { png } from './support/png.js';
import { type FreshDatabase, freshDatabase } from './support/postgres.js';
import { type FreshBucket, freshBucket } from './support/s3.js';
import { waitFor } from './support/wait.js';

const PROJECT = fileURLToPath(new URL('../', import.meta.url));
const START_TIMEOUT_MS = 45_000;
const STOP_TIMEOUT_MS = 10_000;

interface Demo {
  url: string;
  process: ChildProcess;
  output(): string;
  /** Calls the API; `token` null sends no credentials. */
  // biome-ignore lint/suspicious/noExplicitAny: bodies are checked by what the tests expect of them
  api(method: string, path: string, body?: unknown, token?: string | null): Promise<{ status: number; body: any }>;
}

const running = new Set<ChildProcess>();

/** `npm run demo` without npm, and without what the environment of the tests configures. */
function spawnDemo(env: NodeJS.ProcessEnv): { child: ChildProcess; output: () => string } {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(DATABASE_URL|PORT|DEMO_|S3_|AWS_|OBJECT_|FILESYSTEM_|SIGNED_|npm_)/.test(name),
  );
  const child = spawn(process.execPath, ['--import=tsx', 'examples/host-app/main.ts'], {
    cwd: PROJECT,
    env: { ...Object.fromEntries(inherited), PORT: '0', ...env },
  });
  running.add(child);
  child.once('exit', () => running.delete(child));
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (text += chunk));
  return { child, output: () => text };
}

async function startDemo(env: NodeJS.ProcessEnv): Promise<Demo> {
  const { child, output } = spawnDemo(env);
  const [, url = ''] = await waitFor(
    () => {
      if (child.exitCode !== null) throw new Error(output());
      return /^listening on (http:\/\/127\.0\.0\.1:\d+)$/m.exec(output());
    },
    { timeoutMs: START_TIMEOUT_MS, message: 'the demo to listen' },
  );
  return {
    url,
    process: child,
    output,
    async api(method, path, body, token = 'demo-radiologist') {
      const response = await fetch(`${url}/api${path}`, {
        method,
        headers: {
          ...(token !== null && { authorization: `Bearer ${token}` }),
          ...(body !== undefined && { 'content-type': 'application/json' }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      return { status: response.status, body: text === '' ? undefined : JSON.parse(text) };
    },
  };
}

/** Ends a demo as Ctrl-C does, which a terminal may do twice. Expects that nothing it started is left. */
async function stopDemo(demo: Demo): Promise<void> {
  const family = await descendantsOf(demo.process.pid ?? 0);
  const startedAt = performance.now();
  const exit = once(demo.process, 'exit');
  demo.process.kill('SIGINT');
  demo.process.kill('SIGINT');
  const [code] = await exit;
  expect(code, demo.output()).to.equal(0);
  expect(performance.now() - startedAt).to.be.below(STOP_TIMEOUT_MS);
  const alive = new Set((await processes()).map(({ pid }) => pid));
  expect(family.filter((pid) => alive.has(pid))).to.deep.equal([]);
}

async function descendantsOf(pid: number): Promise<number[]> {
  const all = await processes();
  const found = [pid];
  for (const parent of found) found.push(...all.filter(({ ppid }) => ppid === parent).map((child) => child.pid));
  return found.slice(1);
}

/** From /proc where there is one: not every container has `ps`. */
async function processes(): Promise<{ pid: number; ppid: number }[]> {
  const ids = await readdir('/proc').catch(() => undefined);
  if (ids === undefined) {
    const { stdout } = await promisify(execFile)('ps', ['-A', '-o', 'pid=,ppid=']);
    return [...stdout.matchAll(/(\d+) +(\d+)/g)].map(([, pid, ppid]) => ({ pid: Number(pid), ppid: Number(ppid) }));
  }
  const stats = ids
    .filter((id) => /^\d+$/.test(id))
    .map((id) => readFile(`/proc/${id}/stat`, 'utf8').then(parseStat, () => []));
  return (await Promise.all(stats)).flat();
}

/** A zombie has ended already. */
function parseStat(stat: string): { pid: number; ppid: number }[] {
  const [, pid, state, ppid] = /^(\d+) \(.*\) (\S) (\d+)/s.exec(stat) ?? [];
  return state === 'Z' ? [] : [{ pid: Number(pid), ppid: Number(ppid) }];
}

async function newGroup(demo: Demo, annotation: number): Promise<string> {
  const { status, body } = await demo.api('POST', `/annotations/${annotation}/mask-groups`, { slice_count: 3 });
  expect(status).to.equal(201);
  return `/annotations/${annotation}/mask-groups/${(body as MaskGroup).id}`;
}

async function sign(demo: Demo, group: string, files: FileToSign[], ttlSeconds: number): Promise<SignedPut[]> {
  const { status, body } = await demo.api('POST', `${group}/signed-urls`, { files, ttl_seconds: ttlSeconds });
  expect(status, JSON.stringify(body)).to.equal(200);
  return body.uploads;
}

describe('the demo', () => {
  after(() => {
    for (const child of running) child.kill('SIGKILL');
  });

  describe('without any configuration', () => {
    let folder: string;
    let demo: Demo;
    before(async function () {
      this.timeout(START_TIMEOUT_MS);
      folder = await mkdtemp(join(tmpdir(), 'mask-upload-demo-'));
      await chmod(folder, 0o755); // where root runs the tests, PostgreSQL is another user
      demo = await startDemo({ DEMO_FOLDER: folder });
    });
    after(() => rm(folder, { recursive: true, force: true }));

    it('says under /health that database and storage answer', async () => {
      const response = await fetch(`${demo.url}/health`);
      expect(response.status).to.equal(200);
      expect(await response.json()).to.deep.equal({ status: 'ok' });
    });

    it("has the package's paths in its own OpenAPI document", async () => {
      const document = (await (await fetch(`${demo.url}/openapi.json`)).json()) as {
        openapi: string;
        paths: Record<string, Record<string, { operationId: string }>>;
        security: object[];
        components: { securitySchemes: object };
      };
      expect(document.openapi).to.match(/^3\.1\./);
      expect(document.security).to.deep.equal([{ bearer: [] }]);
      expect(document.components.securitySchemes).to.deep.equal({ bearer: { type: 'http', scheme: 'bearer' } });
      expect(Object.keys(document.paths)).to.include('/health');
      expect(document.paths['/api/annotations/{annotation_id}/mask-groups']?.post?.operationId).to.equal(
        'createMaskGroup',
      );
    });

    for (const [path, title] of [
      ['/', 'Demo annotation server'],
      ['/about', 'About · Demo annotation server'],
      ['/docs', 'API · Demo annotation server'],
    ] as const) {
      it(`serves ${path} and all it needs by itself, under a content security policy`, async () => {
        const response = await fetch(`${demo.url}${path}`);
        expect(response.status).to.equal(200);
        expect(response.headers.get('content-type')).to.match(/^text\/html/);
        const policy = response.headers.get('content-security-policy') ?? '';
        expect(policy).to.include("default-src 'none'");
        expect(policy).to.match(/script-src 'self'(;|$)/);
        const html = await response.text();
        expect(html).to.include(`<title>${title}</title>`);
        expect(html).not.to.match(/<script(?![^>]*\bsrc=)|\son\w+=/);
        const assets = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, target = '']) => target);
        expect(assets).not.to.deep.equal([]);
        for (const asset of assets.filter((target) => !target.startsWith('data:'))) {
          expect(asset).to.match(/^\/(?!\/)/);
          const answer = await fetch(`${demo.url}${asset}`);
          expect(answer.status, asset).to.equal(200);
          await answer.arrayBuffer();
        }
      });
    }

    it('leads from localhost to the name that its files have', async () => {
      const request = get(demo.url, { headers: { host: `localhost:${new URL(demo.url).port}` } });
      const [response] = await once(request, 'response');
      response.resume();
      expect([response.statusCode, response.headers.location]).to.deep.equal([302, demo.url]);
    });

    it('lists its annotations for those with a token', async () => {
      expect((await demo.api('GET', '/annotations', undefined, 'demo-viewer')).body).to.deep.equal([
        { id: 1, title: 'CT abdomen, portal venous' },
        { id: 2, title: 'CT chest, lung screening' },
        { id: 3, title: 'MR brain, FLAIR' },
      ]);
      const response = await fetch(`${demo.url}/api/annotations`);
      expect(response.status).to.equal(401);
    });

    it('answers a path that it does not have with 404', async () => {
      const missing = await fetch(`${demo.url}/nothing-here`);
      expect([missing.status, missing.headers.get('content-type')]).to.deep.equal([
        404,
        'application/problem+json; charset=utf-8',
      ]);
    });

    it('takes one mask from the radiologist, shows it to the viewer, and to nobody else', async () => {
      const groups = '/annotations/1/mask-groups';
      for (const [token, status] of [
        [null, 401],
        ['no-such-token', 401],
        ['demo-outsider', 403],
        ['demo-viewer', 403],
        ['demo-radiologist', 201],
      ] as const) {
        expect((await demo.api('POST', groups, {}, token)).status, String(token)).to.equal(status);
      }
      const { body } = await demo.api('GET', groups, undefined, 'demo-viewer');
      expect(body.mask_groups).to.have.length(1);
      expect(body.mask_groups[0].created_by).to.equal(1);
      const group = `${groups}/${body.mask_groups[0].id}`;

      const bytes = png({ value: 5 });
      const [signed] = await sign(demo, group, [fileFor(bytes, { slice_index: 0 })], 60);
      expect(signed && new URL(signed.upload_url).origin).to.equal(demo.url);
      expect(signed && (await put(signed, bytes))).to.equal(200);
      const completed = await demo.api('POST', `${group}/complete`, { uploaded_files: [signed?.upload_id] });
      expect(completed.status).to.equal(200);

      const mask = `/annotations/1/masks/${completed.body.masks[0].id}`;
      const download = await demo.api('POST', `${mask}/download-url`, undefined, 'demo-viewer');
      expect(download.status, JSON.stringify(download.body)).to.equal(200);
      const downloaded = Buffer.from(await (await fetch(download.body.download_url)).arrayBuffer());
      expect(downloaded.equals(bytes)).to.equal(true);

      for (const [token, annotation, status] of [
        ['demo-outsider', 1, 403],
        ['demo-viewer', 2, 403],
        ['demo-radiologist', 2, 200],
        ['demo-radiologist', 3, 403],
        ['demo-radiologist', 4, 404],
      ] as const) {
        const answer = await demo.api('GET', `/annotations/${annotation}/mask-groups`, undefined, token);
        expect(answer.status, `${token} on ${annotation}`).to.equal(status);
      }
      expect((await demo.api('DELETE', mask, undefined, 'demo-viewer')).status).to.equal(403);
    });

    it('runs beside another one in the same folder, each with a database of its own', async function () {
      this.timeout(START_TIMEOUT_MS);
      const other = await startDemo({ DEMO_FOLDER: folder });
      expect((await other.api('GET', '/annotations/1/mask-groups')).body.mask_groups).to.deep.equal([]);
      await stopDemo(other);
      expect((await fetch(`${demo.url}/health`)).status).to.equal(200);
    });

    it('ends with Ctrl-C within 10 s, leaves nothing running, and keeps its data for the next time', async function () {
      this.timeout(START_TIMEOUT_MS);
      expect(await descendantsOf(demo.process.pid ?? 0)).not.to.deep.equal([]);
      await stopDemo(demo);
      demo = await startDemo({ DEMO_FOLDER: folder });
      const { body } = await demo.api('GET', '/annotations/1/mask-groups');
      expect(body.mask_groups.map((group: MaskGroup) => group.mask_count)).to.deep.equal([1]);
      await stopDemo(demo);
    });

    it('can be ended while it starts', async function () {
      this.timeout(START_TIMEOUT_MS);
      const { child, output } = spawnDemo({ DEMO_FOLDER: join(folder, 'other') });
      await waitFor(() => output().startsWith('storage'), { timeoutMs: START_TIMEOUT_MS });
      await stopDemo({ process: child, output } as Demo);
      expect(output()).not.to.include('listening');
    });

    it('says so when the port is in use', async () => {
      const other = createServer().listen(0, '127.0.0.1');
      await once(other, 'listening');
      const { port } = other.address() as AddressInfo;
      const { child, output } = spawnDemo({ DEMO_FOLDER: folder, PORT: String(port) });
      const [code] = await once(child, 'close');
      other.close();
      expect(code).to.equal(1);
      expect(output().trim()).to.equal(`demo: port ${port} is in use: set PORT to another one, or to 0 for any`);
    });
  });

  describe('with a database and a bucket by environment', () => {
    let database: FreshDatabase;
    let bucket: FreshBucket;
    before(async () => {
      [database, bucket] = await Promise.all([freshDatabase(), freshBucket()]);
    });
    after(async () => {
      await database.drop();
      await bucket.drop();
    });

    const environment = (bucketName: string) => ({
      DATABASE_URL: database.connectionString,
      OBJECT_STORAGE_PROVIDER: 's3',
      S3_BUCKET_NAME: bucketName,
      S3_REGION: bucket.region,
      S3_ENDPOINT: bucket.endpoint,
      S3_FORCE_PATH_STYLE: 'true',
      S3_ALLOW_HTTP: 'true',
      AWS_ACCESS_KEY_ID: bucket.credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: bucket.credentials.secretAccessKey,
    });

    it('says what is wrong when the bucket does not exist, and under /health that it is the storage', async function () {
      this.timeout(START_TIMEOUT_MS);
      const demo = await startDemo(environment(`${bucket.name}-missing`));
      expect(demo.output()).to.match(/^storage \(s3\): reach: .*bucket.*$/m);
      const response = await fetch(`${demo.url}/health`);
      expect(response.status).to.equal(503);
      expect(await response.json()).to.deep.equal({ status: 'unavailable', database: 'ok', storage: 'unavailable' });
      await stopDemo(demo);
    });

    it("lets its page talk to the bucket's origin, and to no other", async function () {
      this.timeout(START_TIMEOUT_MS);
      const demo = await startDemo(environment(bucket.name));
      const policy = (await fetch(demo.url)).headers.get('content-security-policy') ?? '';
      expect(policy.split('; ')).to.include(`connect-src 'self' ${new URL(bucket.endpoint).origin}`);
      await stopDemo(demo);
    });

    it('leaves no object and no row behind of what was given up or deleted, in whichever way', async function () {
      this.timeout(2 * START_TIMEOUT_MS);
      const demo = await startDemo({
        ...environment(bucket.name),
        UPLOAD_LIFETIME_SECONDS: '1',
        DELETION_GRACE_SECONDS: '1',
        SWEEP_INTERVAL_SECONDS: '0.3',
      });
      const slices = [0, 1, 2].map((value) => png({ value }));
      const files = slices.map((bytes, slice_index) => fileFor(bytes, { slice_index }));
      const uploadAll = async (group: string) => {
        const uploads = await sign(demo, group, files, 5);
        const statuses = uploads.map((upload, index) => put(upload, slices[index] ?? Buffer.alloc(0)));
        expect(await Promise.all(statuses)).to.deep.equal([200, 200, 200]);
        return uploads;
      };
      const complete = async (group: string) => {
        const uploaded_files = (await uploadAll(group)).map((upload) => upload.file_path);
        const { status, body } = await demo.api('POST', `${group}/complete`, { uploaded_files });
        expect(status, JSON.stringify(body)).to.equal(200);
        return body.masks as { id: number; file_path: string }[];
      };

      const kept = await newGroup(demo, 1);
      const [doomed, ...survivors] = await complete(kept);
      const deletion = await demo.api('DELETE', `/annotations/1/masks/${doomed?.id}`);
      expect(deletion.status, JSON.stringify(deletion.body)).to.equal(204);

      const neverCompleted = await newGroup(demo, 1);
      await uploadAll(neverCompleted);
      const neverUploaded = await newGroup(demo, 1);
      await sign(demo, neverUploaded, files, 1);

      const deletedGroup = await newGroup(demo, 1);
      await complete(deletedGroup);
      expect((await demo.api('DELETE', deletedGroup)).status).to.equal(204);

      const deletedBehindOurBack = await newGroup(demo, 2);
      await complete(deletedBehindOurBack);
      await uploadAll(await newGroup(demo, 2));
      await database.knex('annotation_annotation').where({ id: 2 }).delete();

      const wanted = survivors.map((mask) => mask.file_path).sort();
      await waitFor(
        async () => {
          const masks = await database.knex('annotation_mask').orderBy('file_path').pluck('file_path');
          expect(masks).to.deep.equal(wanted);
          for (const table of ['annotation_mask_upload', 'annotation_mask_deletion']) {
            expect(await database.knex(table).pluck('file_path'), table).to.deep.equal([]);
          }
          expect(await bucket.keys()).to.deep.equal(wanted);
          return true;
        },
        { timeoutMs: START_TIMEOUT_MS, intervalMs: 200, message: 'the upkeep' },
      );
      await stopDemo(demo);
    });
  });
});
