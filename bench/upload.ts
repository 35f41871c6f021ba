/**
 * Times the main job against a real PostgreSQL and a real S3: sign, PUT, complete, list, delete, by plain requests; then
 * the same by the client, which also hashes, keeps progress and asks what the group is, and both ways to download. The
 * servers are those of the tests (TEST_DATABASE_URL, TEST_S3_…); run it with `npm run bench -- 1000 5` (slices, rounds).
 *
 * Each round also PUTs the same bytes with URLs made beforehand: the floor that no API in between can beat. Compare
 * within a round, not between machines.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Agent, request } from 'undici';
import { downloadMasks, uploadMasks } from '../src/client/index.js';
import type { SignedPut } from '../src/index.js';
import { fileFor, newGroup, startHost } from '../test/support/host.js';
import { png } from '../test/support/png.js';

const slices = Number(process.argv[2] ?? 1000);
const rounds = Number(process.argv[3] ?? 5);
const connections = 32;

const host = await startHost({ store: 's3' });
const agent = new Agent({ connections });
const files = Array.from({ length: slices }, (_, value) => png({ width: 512, height: 512, value }));

const ANNA = { authorization: 'Bearer anna' };
const CLIENT = { baseUrl: `${host.url}/api`, headers: ANNA, annotationId: 1 };

async function timed<T>(work: () => Promise<T>): Promise<[T, number]> {
  const startedAt = performance.now();
  return [await work(), performance.now() - startedAt];
}

async function sign(group: string): Promise<SignedPut[]> {
  const { body } = await host.api('POST', `${group}/signed-urls`, {
    files: files.map((bytes, slice_index) => fileFor(bytes, { slice_index, label_name: 'liver' })),
  });
  return body.uploads;
}

async function putAll(uploads: SignedPut[]): Promise<void> {
  let next = 0;
  await Promise.all(
    Array.from({ length: connections }, async () => {
      for (let index = next++; index < uploads.length; index = next++) {
        const { upload_url, method, headers } = uploads[index] as SignedPut;
        const answer = await request(upload_url, { method, headers, body: files[index] ?? null, dispatcher: agent });
        await answer.body.dump();
        if (answer.statusCode !== 200) throw new Error(`PUT answered ${answer.statusCode}`);
      }
    }),
  );
}

const figures: Record<string, number[]> = {};
const note = (name: string, value: number) => {
  figures[name] = [...(figures[name] ?? []), value];
};

for (let round = 0; round <= rounds; round++) {
  const delay = monitorEventLoopDelay({ resolution: 5 });
  const group = await newGroup(host, { slice_count: slices });
  const floorUploads = await sign(await newGroup(host));
  const [, floor] = await timed(() => putAll(floorUploads));

  delay.enable();
  const cpu = process.cpuUsage();
  const [uploads, signing] = await timed(() => sign(group));
  const [, putting] = await timed(() => putAll(uploads));
  const uploaded_files = uploads.map((upload) => upload.file_path);
  const [completed, completing] = await timed(() =>
    host.api('POST', `${group}/complete`, { uploaded_files, slice_count: slices }),
  );
  delay.disable();
  const used = process.cpuUsage(cpu);
  if (completed.body?.status !== 'complete') throw new Error(JSON.stringify(completed.body));
  const [, repeating] = await timed(() => host.api('POST', `${group}/complete`, { uploaded_files }));
  const [, listing] = await timed(() => host.api('GET', `${group}/masks?limit=100&include=download_url`));
  const [, reading] = await timed(() => host.api('GET', group));
  const [, archiving] = await timed(async () => {
    const answer = await fetch(`${host.url}/api${group}/archive`, { headers: ANNA });
    await answer.arrayBuffer();
  });
  const [{ group: byClient }, uploading] = await timed(() =>
    uploadMasks({
      ...CLIENT,
      group: { slice_count: slices },
      files: files.map((data, slice_index) => ({ data, mime_type: 'image/png', slice_index, label_name: 'liver' })),
      concurrency: connections,
    }),
  );
  if (byClient.status !== 'complete') throw new Error(`the client left the group ${byClient.status}`);
  const [downloaded, downloading] = await timed(async () => {
    let count = 0;
    for await (const _ of downloadMasks({ ...CLIENT, groupId: byClient.id, concurrency: connections })) count++;
    return count;
  });
  if (downloaded !== slices) throw new Error(`${downloaded} of ${slices} were downloaded`);
  const [, deleting] = await timed(() => host.api('DELETE', group));
  if (round === 0) continue; // warming up
  note('bare PUTs (floor), ms', floor);
  note('sign, ms', signing);
  note('PUT, ms', putting);
  note('complete, ms', completing);
  note('sign + PUT + complete, ms', signing + putting + completing);
  note('uploadMasks by the client, ms', uploading);
  note('downloadMasks by the client, ms', downloading);
  note('archive, ms', archiving);
  note('complete again, ms', repeating);
  note('list 100 with URLs, ms', listing);
  note('group with stats, ms', reading);
  note('delete group, ms', deleting);
  note('CPU of client and host per file, µs', (used.user + used.system) / slices);
  note('longest event-loop block, ms', delay.max / 1e6);
}

console.log(`${slices} slices, median (least – most) of ${rounds} rounds`);
for (const [name, values] of Object.entries(figures)) {
  const sorted = values.sort((a, b) => a - b);
  const show = (value: number | undefined) => (value ?? 0).toFixed(value !== undefined && value < 20 ? 1 : 0);
  console.log(
    `${name.padEnd(38)} ${show(sorted[Math.floor(sorted.length / 2)]).padStart(6)}  (${show(sorted[0])} – ${show(sorted.at(-1))})`,
  );
}
await agent.close();
await host.close();
