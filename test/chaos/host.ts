/** One host process of the chaos test: the package in Express, with the times shortened. Killed and started at will. */
import express from 'express';
import knexPackage from 'knex';
import { createMaskUploadRouter, migrateMaskUpload, storageFromEnv } from '../../src/index.js';
import { THRESHOLD_BYTES } from './limits.js';

const log = { warn() {}, error() {}, deprecate() {}, debug() {} }; // knex prints every lost connection
const knex = knexPackage({
  log,
  client: 'pg',
  connection: process.env.DATABASE_URL ?? '',
  pool: { min: 0, max: 10 },
});
for (;;) {
  try {
    await migrateMaskUpload(knex);
    break;
  } catch {
    await new Promise((resolve) => setTimeout(resolve, 200)); // the database is being restarted
  }
}
const storage = storageFromEnv();
const app = express();
if (storage.handler) app.use('/mask-files', storage.handler);
app.use(
  '/api',
  createMaskUploadRouter({
    knex,
    storage,
    auth: { authenticate: () => ({ userId: 'chaos' }), authorize: () => true },
    multipartThresholdBytes: THRESHOLD_BYTES,
    uploadLifetimeSeconds: 3,
    deletionGraceSeconds: 1,
    sweepIntervalSeconds: 0.5,
    statementTimeoutMs: 5000,
    poolTimeoutMs: 5000,
    onEvent: (event) => {
      if (event.type === 'request-failed' && event.code === 'internal-error') console.error('host:', event.error);
    },
  }),
);
app.listen(Number(process.env.PORT), '127.0.0.1', () => console.log('ready'));
