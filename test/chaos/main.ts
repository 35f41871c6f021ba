/**
 * `npm run test:chaos -- [seconds] [name…]`, the names being those of `RUNS`; default all of them, 40 seconds each.
 *
 * Two host processes on one database and one store, and clients that do everything at once, while processes are killed,
 * the database crashes and the store goes away. In the end nothing may be lost and nothing orphaned. The `without-…`
 * runs take one of the guards away, to show that this would be noticed: there, finding nothing is the failure.
 */
import { copyWithout, GUARD_NAMES, type Guard, PROJECT } from './broken.js';
import { type Outcome, type Rage, run } from './run.js';

const DEFAULT_SECONDS = 40;
const LEAST_KILLS = 20;
/** Enough to notice that a guard is missing. */
const BROKEN: Rage = { seconds: 20, kills: 4 };

const whole = (seconds: number): Rage => ({ seconds, kills: Math.max(LEAST_KILLS, seconds / 2) });

const RUNS: Record<string, (seconds: number) => Promise<Outcome>> = {
  s3: (seconds) => run({ store: 's3', source: PROJECT }, whole(seconds)),
  pgbouncer: (seconds) => run({ store: 's3', pooled: true, source: PROJECT }, whole(seconds)),
  filesystem: (seconds) => run({ store: 'filesystem', source: PROJECT }, whole(seconds)),
  ...Object.fromEntries(GUARD_NAMES.map((guard) => [`without-${guard}`, () => runWithout(guard)])),
};

async function runWithout(guard: Guard): Promise<Outcome> {
  const { folder, remove } = await copyWithout(guard);
  try {
    const { counts, violations } = await run({ store: 'filesystem', source: folder }, BROKEN);
    console.log(`${violations.length} violations, such as:`);
    for (const violation of violations.slice(0, 5)) console.log(`  ${violation}`);
    return { counts, violations: violations.length > 0 ? [] : [`nobody noticed that the guard "${guard}" is missing`] };
  } finally {
    await remove();
  }
}

const words = process.argv.slice(2);
const seconds = Number(words.find((word) => /^\d+$/.test(word)) ?? DEFAULT_SECONDS);
const asked = words.filter((word) => !/^\d+$/.test(word));
const unknown = asked.find((name) => !RUNS[name]);
if (unknown !== undefined) throw new Error(`There is no run "${unknown}"; there are ${Object.keys(RUNS).join(', ')}`);

let passed = 0;
let failed = 0;
for (const [name, start] of Object.entries(RUNS)) {
  if (asked.length > 0 && !asked.includes(name)) continue;
  console.log(`\n=== ${name}`);
  const { counts, violations } = await start(seconds);
  for (const [what, number] of Object.entries(counts)) console.log(`${String(number).padStart(8)} ${what}`);
  for (const violation of violations.slice(0, 20)) console.log(`VIOLATION ${violation}`);
  if (violations.length === 0) passed++;
  else failed++;
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
