import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { ObjectKey } from '../../src/index.js';
import { runClient, type Witness } from './client.js';
import { createWorld, type Surroundings, type World } from './world.js';

const CLIENTS = 20;
const PEACE_MS = 45_000;

/** What happened in one run: how often what was done, and what must never happen. */
export type Outcome = Pick<Witness, 'counts' | 'violations'>;

export interface Rage {
  seconds: number;
  /** Host processes killed, at least; it takes longer until they are. */
  kills: number;
}

/** Lets clients work while everything around them fails; then counts what is left. */
export async function run(surroundings: Surroundings, rage: Rage): Promise<Outcome> {
  const world = await createWorld(surroundings);
  const witness: Witness = { recorded: new Map(), maybeGone: new Set(), gone: new Set(), counts: {}, violations: [] };
  try {
    await disturb(world, witness, rage);
    await settle(world, witness);
    await compare(world, witness);
    witness.violations.push(...world.endedByThemselves);
  } finally {
    await world.close();
  }
  return witness;
}

async function disturb(world: World, witness: Witness, { seconds, kills }: Rage): Promise<void> {
  const endsAt = performance.now() + seconds * 1000;
  let killed = 0;
  const stopped = () => performance.now() > endsAt && killed >= kills;
  const count = (what: string) => {
    witness.counts[what] = (witness.counts[what] ?? 0) + 1;
  };
  const clients = Array.from({ length: CLIENTS }, () => runClient(world, witness, stopped));
  // of eight turns six kill, and the other two take time of their own
  const pause = (seconds * 1000) / (kills * 2);
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
      killed++;
      count('killed host processes');
    }
  }
  await Promise.all(clients);
}

/** Waits until nothing is pending or queued any more; what the store then holds beyond the masks is orphaned. */
async function settle(world: World, witness: Witness): Promise<void> {
  const givesUpAt = performance.now() + PEACE_MS;
  for (;;) {
    const { rows } = await world.knex.raw(
      'select (select count(*) from annotation_mask_upload)::int as pending, (select count(*) from annotation_mask_deletion)::int as queued',
    );
    const [{ pending, queued }] = rows;
    if (pending + queued === 0) return;
    if (performance.now() > givesUpAt) {
      witness.violations.push(`after 45 s of peace ${pending} uploads are pending and ${queued} keys queued`);
      return;
    }
    await delay(200);
  }
}

/** Rows against objects, objects against rows, and both against what the clients saw. */
async function compare(world: World, witness: Witness): Promise<void> {
  const { rows } = await world.knex.raw('select file_path, checksum from annotation_mask');
  const masks = new Map<string, string>();
  for (const row of rows) masks.set(row.file_path, row.checksum);
  witness.counts['masks in the end'] = masks.size;

  const objects = new Set<string>();
  for await (const { key } of world.storage.list('')) objects.add(key);
  for (const key of objects) if (!masks.has(key)) witness.violations.push(`orphaned object ${key}`);

  for await (const { key } of world.storage.listMultiparts('')) {
    witness.violations.push(`parts of an unfinished upload are left: ${key}`);
  }

  for (const [key, checksum] of masks) {
    if (!objects.has(key)) witness.violations.push(`the object of a mask is lost: ${key}`);
    else if ((await sha256Of(world, key)) !== checksum)
      witness.violations.push(`an object has other bytes than were verified: ${key}`);
  }

  for (const [key, checksum] of witness.recorded) {
    const recorded = masks.get(key);
    if (witness.gone.has(key)) {
      if (recorded !== undefined) witness.violations.push(`a mask that was seen deleted is there: ${key}`);
    } else if (recorded === undefined ? !witness.maybeGone.has(key) : recorded !== checksum) {
      witness.violations.push(`a mask that was seen recorded is lost or changed: ${key}`);
    }
  }
}

async function sha256Of(world: World, key: string): Promise<string> {
  const { body } = await world.storage.read(key as ObjectKey);
  const hash = createHash('sha256');
  for await (const chunk of body) hash.update(chunk as Buffer);
  return hash.digest('hex');
}
