/**
 * What the tests run on. PostgreSQL and S3 are those that the environment names (`TEST_DATABASE_URL`;
 * `TEST_S3_ENDPOINT`, `TEST_S3_REGION`, `TEST_S3_ACCESS_KEY_ID`, `TEST_S3_SECRET_ACCESS_KEY`, for a second user
 * `TEST_S3_OTHER_ACCESS_KEY_ID` and `TEST_S3_OTHER_SECRET_ACCESS_KEY`, and in `TEST_S3_CANNOT` the guarantees that it
 * does not give); else containers where there is Docker (unless `TEST_WITHOUT_DOCKER` is set); else servers out of npm.
 * Tests read these variables inside `before` and `it`.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Kind, Report } from './servers/main.js';

const STOP_TIMEOUT_MS = 15_000;
const EXIT_TIMEOUT_MS = 10_000;

let host: ChildProcess | undefined;

export async function mochaGlobalSetup(): Promise<void> {
  endOnSignals();
  const missing: Kind[] = [];
  if (process.env.TEST_DATABASE_URL) say('PostgreSQL of TEST_DATABASE_URL');
  else missing.push('postgres');
  if (process.env.TEST_S3_ENDPOINT) say(`S3 of TEST_S3_ENDPOINT, ${process.env.TEST_S3_ENDPOINT}`);
  else missing.push('s3');
  if (missing.length === 0) return;

  // of its own process group, so that Ctrl-C reaches only us and the servers outlive the tests, not the other way round
  host = fork(fileURLToPath(new URL('./servers/main.ts', import.meta.url)), missing, {
    execArgv: ['--import=tsx', '--openssl-legacy-provider'], // see s3rver.ts
    detached: true,
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const report = await Promise.race([
    once(host, 'message').then(([message]) => message as Report),
    once(host, 'exit').then(([code]): Report => ({ error: `the servers' process ended with ${code}` })),
  ]);
  if ('error' in report) {
    await stopServers();
    throw new Error(report.error);
  }
  for (const { env, description } of report.servers) {
    Object.assign(process.env, env);
    say(description);
  }
}

export async function mochaGlobalTeardown(): Promise<void> {
  await stopServers();
  setTimeout(failForHanging, EXIT_TIMEOUT_MS).unref();
}

async function stopServers(): Promise<void> {
  if (!host || host.exitCode !== null || host.signalCode !== null) return;
  const ended = once(host, 'exit');
  if (host.connected) host.disconnect();
  const tooLate = setTimeout(() => host?.kill('SIGKILL'), STOP_TIMEOUT_MS);
  await ended;
  clearTimeout(tooLate);
}

/** Ctrl-C and the like end the run at once, but not before the servers are gone. So does the end of mocha's parent. */
function endOnSignals(): void {
  let ending = false;
  const end = (signal: 'SIGINT' | 'SIGTERM' | 'SIGHUP') => {
    if (ending) return;
    ending = true;
    stopServers().finally(() => process.exit(128 + constants.signals[signal]));
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, end);
  const parent = process.ppid;
  setInterval(() => process.ppid === parent || end('SIGTERM'), 250).unref();
}

/** A test that leaves a connection or timer behind would keep mocha from ending: say so instead of hanging. */
function failForHanging(): void {
  console.error(`the tests are over, but something still runs: ${process.getActiveResourcesInfo().join(', ')}`);
  process.once('exit', () => {
    process.exitCode ||= 1;
  });
  process.exit();
}

function say(text: string): void {
  console.log(`tests run on ${text}`);
}
