/**
 * `npm run test:chaos -- [seconds] [s3|filesystem] [--break trigger|row-count|link]`
 *
 * Two host processes on one database and one store, and clients that do everything at once, while processes are killed,
 * the database crashes and the store goes away. In the end nothing may be lost and nothing orphaned. `--break` takes one
 * of the guards away, to show that the test notices.
 */
import { createHash } from 'node:crypto';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { ObjectKey } from '../../src/index.js';
import { runClient, type Witness } from './client.js';
import { createWorld, type World } from './world.js';

const CLIENTS = 20;
const words = process.argv.slice(2);
const seconds = Number(words.find((word) => /^\d+$/.test(word)) ?? 60);
const store = words.includes('filesystem') ? 'filesystem' : 's3';
const broken = words.includes('--break') ? words[words.indexOf('--break') + 1] : undefined;

/** The guard that each `--break` takes away: a file of the source, what stands there, and what stands there instead. */
const BREAKS: Record<string, [file: string, guard: string, instead: string]> = {
  trigger: [
    'src/migrations/0002-deletion-triggers.ts',
    'CREATE TRIGGER annotation_mask_enqueue_deleted AFTER DELETE',
    'CREATE TRIGGER annotation_mask_enqueue_deleted AFTER UPDATE',
  ],
  'row-count': [
    'src/use-cases/record-files.ts',
    "addProblem(problems, index, 'slice-exists', SLICE_EXISTS)",
    'void SLICE_EXISTS',
  ],
  link: [
    'src/storage/filesystem/write-once.ts',
    'await link(temporary, target)',
    "await (await import('node:fs/promises')).rename(temporary, target)",
  ],
};

async function main(): Promise<number> {
  const source = broken ? await brokenCopy(broken) : resolve(import.meta.dirname, '../..');
  const world = await createWorld(store, source);
  const witness: Witness = { recorded: new Map(), maybeGone: new Set(), gone: new Set(), counts: {}, violations: [] };
  try {
    await rage(world, witness);
    await settle(world, witness);
    await compare(world, witness);
  } finally {
    await world.close();
    if (broken) await rm(source, { recursive: true, force: true });
  }
  for (const [what, number] of Object.entries(witness.counts)) console.log(`${String(number).padStart(8)} ${what}`);
  for (const violation of witness.violations.slice(0, 20)) console.log(`VIOLATION ${violation}`);
  console.log(`1 chaos run on ${store}, ${witness.violations.length} violations`);
  return witness.violations.length === 0 ? 0 : 1;
}

async function rage(world: World, witness: Witness): Promise<void> {
  const endsAt = performance.now() + seconds * 1000;
  const stopped = () => performance.now() > endsAt;
  const count = (what: string) => {
    witness.counts[what] = (witness.counts[what] ?? 0) + 1;
  };
  const clients = Array.from({ length: CLIENTS }, () => runClient(world, witness, stopped));
  const pause = Math.max(500, (seconds * 1000) / 24);
  for (let turn = 1; !stopped(); turn++) {
    await delay(pause * (0.5 + Math.random()));
    if (turn % 8 === 4) {
      await world.restartDatabase();
      count('crashes of the database');
    } else if (turn % 8 === 7) {
      await world.stopStoreFor(1500);
      count('outages of the store');
    } else {
      await world.killHost(turn % world.hosts.length);
      count('killed host processes');
    }
  }
  await Promise.all(clients);
}

/** Waits until nothing is pending or queued any more; what the store then holds beyond the masks is orphaned. */
async function settle(world: World, witness: Witness): Promise<void> {
  const givesUpAt = performance.now() + 120_000;
  for (;;) {
    const { rows } = await world.knex.raw(
      'select (select count(*) from annotation_mask_upload)::int as pending, (select count(*) from annotation_mask_deletion)::int as queued',
    );
    if (rows[0].pending + rows[0].queued === 0) return;
    if (performance.now() > givesUpAt) {
      witness.violations.push(
        `after two minutes of peace ${rows[0].pending} uploads are pending and ${rows[0].queued} keys queued`,
      );
      return;
    }
    await delay(500);
  }
}

async function compare(world: World, witness: Witness): Promise<void> {
  const { rows } = await world.knex.raw('select file_path, checksum, file_size::int as size from annotation_mask');
  const masks = new Map<string, { checksum: string; size: number }>();
  for (const row of rows) masks.set(row.file_path, row);
  witness.counts['masks in the end'] = masks.size;

  const objects = new Set<string>();
  for await (const { key } of world.storage.list('')) objects.add(key);
  for (const key of objects) if (!masks.has(key)) witness.violations.push(`orphaned object ${key}`);

  for (const [key, { checksum }] of masks) {
    if (!objects.has(key)) {
      witness.violations.push(`the object of a mask is lost: ${key}`);
      continue;
    }
    const { body } = await world.storage.read(key as ObjectKey);
    const hash = createHash('sha256');
    for await (const chunk of body) hash.update(chunk as Buffer);
    if (hash.digest('hex') !== checksum)
      witness.violations.push(`an object has other bytes than were verified: ${key}`);
  }

  for (const [key, checksum] of witness.recorded) {
    const mask = masks.get(key);
    if (witness.gone.has(key)) {
      if (mask) witness.violations.push(`a mask that was seen deleted is there: ${key}`);
    } else if (mask ? mask.checksum !== checksum : !witness.maybeGone.has(key)) {
      witness.violations.push(`a mask that was seen recorded is lost or changed: ${key}`);
    }
  }
}

async function brokenCopy(what: string): Promise<string> {
  const change = BREAKS[what];
  if (!change) throw new Error(`--break takes ${Object.keys(BREAKS).join(', ')}`);
  const root = resolve(import.meta.dirname, '../..');
  const copy = await mkdtemp('/var/tmp/mask-upload-broken-');
  for (const part of ['src', 'test', 'openapi', 'examples', 'package.json', 'tsconfig.json']) {
    await cp(join(root, part), join(copy, part), { recursive: true });
  }
  await symlink(join(root, 'node_modules'), join(copy, 'node_modules'));
  const [file, guard, instead] = change;
  const text = await readFile(join(copy, file), 'utf8');
  if (!text.includes(guard)) throw new Error(`${file} does not hold the guard that --break ${what} takes away`);
  await writeFile(join(copy, file), text.replaceAll(guard, instead));
  return copy;
}

process.exitCode = await main();
