/** `npm run demo`: see README.md. Starts everything, waits for Ctrl-C, ends everything. */
import { createServer, type RequestListener } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { createApp } from './app.js';
import { bundlePage } from './bundle-page.js';
import { readConfig } from './config.js';
import { connect, prepareDatabase, waitForDatabase } from './database.js';
import { endingSignal } from './ending.js';
import { answerStarting, close, listen } from './http-server.js';
import { startOwnPostgres } from './own-postgres.js';
import { openStorage, reportStorage } from './storage.js';

const CHECK_PATIENCE_MS = 5000;
const END_STEP_MS = 1500;
const END_TIMEOUT_MS = 9500;

const signal = endingSignal();
const ended = new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
ended.catch(() => undefined);

/** How to end what has been started, in the order in which it was started. */
const ends: (() => Promise<unknown> | undefined)[] = [];

/** The step's result, unless the demo is to end first. */
const step = <T>(work: Promise<T>): Promise<T> => Promise.race([work, ended]);

async function start(): Promise<void> {
  const config = readConfig(process.env);

  // first of all: a port that is in use is found out soonest, and with PORT=0 the URL is known only now
  let handler: RequestListener = answerStarting;
  const server = createServer((req, res) => handler(req, res));
  ends.push(() => close(server));
  const url = await step(listen(server, config.port));

  const storage = await step(openStorage(process.env, { folder: config.folder, url }));
  ends.push(() => storage.close?.());
  const checked = reportStorage(storage);
  const script = bundlePage();
  script.catch(() => undefined); // told where it is waited for

  let { databaseUrl } = config;
  if (databaseUrl === undefined) {
    const postgres = startOwnPostgres(config.folder);
    ends.push(() => postgres.stop());
    databaseUrl = await step(postgres.connectionString);
  }
  await step(waitForDatabase(databaseUrl, signal));
  const knex = connect(databaseUrl);
  ends.push(() => atMost(END_STEP_MS, knex.destroy()));
  await step(prepareDatabase(knex));

  // a storage that does not answer must not keep the server from saying so under /health
  await step(atMost(CHECK_PATIENCE_MS, checked));
  const app = await step(createApp({ knex, storage, url, script: await step(script), options: config.options }));
  ends.push(() => atMost(END_STEP_MS, app.close()));
  handler = app.handler;
  ends.push(() => close(server)); // requests end before what they need does
  console.log(`listening on ${url}`);
}

async function end(): Promise<void> {
  setTimeout(() => {
    console.error('demo: it does not end by itself');
    process.exit(1);
  }, END_TIMEOUT_MS).unref();
  for (const endOne of ends.reverse()) await endOne()?.catch(console.error);
}

function atMost(milliseconds: number, work: Promise<unknown>): Promise<unknown> {
  return Promise.race([work, delay(milliseconds, undefined, { ref: false })]);
}

try {
  await start();
  await ended;
} catch (error) {
  if (!signal.aborted) {
    console.error(`demo: ${(error as Error).message}`);
    process.exitCode = 1;
  }
}
await end();
