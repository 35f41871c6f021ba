import type { Knex } from 'knex';
import type { MimeType } from '../domain/mime-types.js';
import { resolveMimeTypes } from '../domain/mime-types.js';
import { createNameGuard, type NameGuard } from '../domain/name-guard.js';
import { MAX_MULTIPART_BYTES, MAX_PUT_BYTES, MIN_PART_BYTES } from '../domain/part-layout.js';
import { logFailures, type OnEvent, toAll } from '../observability/events.js';
import { recordMetrics } from '../observability/telemetry.js';
import type { SchemaOptions } from '../repositories/schema.js';
import type { Storage } from '../storage/storage.js';

/** Options that the router, the service and the maintenance share. Only `knex` and `storage` are required. */
export interface MaskUploadOptions {
  /** The host's own knex instance (PostgreSQL); not a transaction. */
  knex: Knex;
  storage: Storage;
  /** Where the tables are: the options that were given to `migrateMaskUpload`. */
  database?: SchemaOptions | undefined;

  /** First segment of every object key: `[A-Za-z0-9_-]`, 1 to 32 characters. Default `mask`. */
  keyPrefix?: string | undefined;
  /** MIME types that may be uploaded. Default: PNG, DICOM, NIfTI, NRRD and JSON. */
  mimeTypes?: Parameters<typeof resolveMimeTypes>[0];
  /** Replaces the guard against names that identify a person. */
  nameGuard?: NameGuard | undefined;
  /** Words and patterns that the built-in guard refuses as well. */
  nameGuardTerms?: readonly (string | RegExp)[] | undefined;

  /** Life of a signed URL when the client does not say, seconds. Default 600. */
  defaultTtlSeconds?: number | undefined;
  /** Longest life of a signed URL, seconds; at most 3600. Default 3600. */
  maxTtlSeconds?: number | undefined;
  /** Largest file, bytes. Default 16 GiB. */
  maxFileBytes?: number | undefined;
  /** Files of more bytes are uploaded in parts; 5 MiB to 5 GiB, which S3 takes in one PUT. Default 64 MiB. */
  multipartThresholdBytes?: number | undefined;
  /** Most files in one call; at most 1000. Default 1000. */
  maxBatch?: number | undefined;
  /** Objects that this process verifies at the same time, and a quarter as many above 8 MiB beside them. Default 32. */
  verifyConcurrency?: number | undefined;
  /** Large objects on their way to clients through this process at the same time; others wait. Default 16. */
  downloadConcurrency?: number | undefined;
  /** Seconds after which `complete` answers 503 `verification-in-progress`. Default 20. */
  verifyTimeoutSeconds?: number | undefined;

  /** Seconds that a pending upload lives on after its latest URL expired. Default 86,400. */
  uploadLifetimeSeconds?: number | undefined;
  /** Seconds after a PUT URL's expiry until a deleted key is deleted for the last time. Default 3600. */
  deletionGraceSeconds?: number | undefined;
  /** Seconds between two runs of the upkeep, jittered. Default 60. */
  sweepIntervalSeconds?: number | undefined;
  /** Days that audit rows are kept. Default null: for ever. */
  auditRetentionDays?: number | null | undefined;
  /** `false`: no upkeep timer here; run `createMaskUploadMaintenance` somewhere. Default true. */
  maintenance?: boolean | undefined;

  /** Milliseconds for the statements of one step. Default 10,000. */
  statementTimeoutMs?: number | undefined;
  /** Milliseconds to wait for a connection of the pool. Default 10,000. */
  poolTimeoutMs?: number | undefined;

  /** Told of requests, signing, verifying, completing, deleting and upkeep. Default: failures go to console.error. */
  onEvent?: OnEvent | undefined;
}

/** The options, checked and with every default filled in. */
export interface Settings {
  keyPrefix: string;
  mimeTypes: ReadonlyMap<string, MimeType>;
  nameGuard: NameGuard;
  defaultTtlSeconds: number;
  maxTtlSeconds: number;
  maxFileBytes: number;
  multipartThresholdBytes: number;
  maxBatch: number;
  verifyConcurrency: number;
  downloadConcurrency: number;
  verifyTimeoutSeconds: number;
  uploadLifetimeSeconds: number;
  deletionGraceSeconds: number;
  sweepIntervalSeconds: number;
  auditRetentionDays: number | null;
  maintenance: boolean;
  statementTimeoutMs: number;
  poolTimeoutMs: number;
  onEvent: OnEvent;
}

const MiB = 2 ** 20;
const GiB = 2 ** 30;

interface NumberRange {
  least?: number;
  most?: number;
  /** Default true. */
  whole?: boolean;
}

/** @throws RangeError that names the option and says what it may be. */
export function checkNumber(name: string, value: unknown, range: NumberRange = {}): number {
  const { least = 1, most = Number.MAX_SAFE_INTEGER, whole = true } = range;
  if (typeof value !== 'number' || !(value >= least && value <= most) || (whole && !Number.isInteger(value))) {
    throw new RangeError(`Option ${name} must be ${whole ? 'a whole number' : 'a number'} from ${least} to ${most}.`);
  }
  return value;
}

/** @throws TypeError or RangeError that names the option and says what it may be. */
export function resolveSettings(options: MaskUploadOptions): Settings {
  const number = (
    name: { [K in keyof Settings]: Settings[K] extends number ? K : never }[keyof Settings],
    fallback: number,
    range?: NumberRange,
  ): number => checkNumber(name, options[name] ?? fallback, range);

  const storage = options.storage as Partial<Storage> | undefined;
  if (typeof storage?.signUpload !== 'function' || typeof storage.read !== 'function') {
    throw new TypeError("Pass `storage`: e.g. createS3Storage({ bucket: 'pacs-masks', region: 'us-east-1' }).");
  }
  const keyPrefix = options.keyPrefix ?? 'mask';
  if (!/^[A-Za-z0-9_-]{1,32}$/.test(keyPrefix)) {
    throw new RangeError('Option keyPrefix must be 1 to 32 of the characters A-Z a-z 0-9 _ -.');
  }
  if (options.nameGuard !== undefined && typeof options.nameGuard !== 'function') {
    throw new TypeError('Option nameGuard must be a function (field, value) => reason or null.');
  }
  const maxTtlSeconds = number('maxTtlSeconds', 3600, { most: 3600 });
  return {
    keyPrefix,
    mimeTypes: resolveMimeTypes(options.mimeTypes),
    nameGuard:
      options.nameGuard ??
      createNameGuard(options.nameGuardTerms === undefined ? {} : { terms: options.nameGuardTerms }),
    defaultTtlSeconds: number('defaultTtlSeconds', Math.min(600, maxTtlSeconds), { most: maxTtlSeconds }),
    maxTtlSeconds,
    maxFileBytes: number('maxFileBytes', 16 * GiB, { most: MAX_MULTIPART_BYTES }),
    multipartThresholdBytes: number('multipartThresholdBytes', 64 * MiB, {
      least: MIN_PART_BYTES,
      most: MAX_PUT_BYTES,
    }),
    maxBatch: number('maxBatch', 1000, { most: 1000 }),
    verifyConcurrency: number('verifyConcurrency', 32, { most: 1000 }),
    downloadConcurrency: number('downloadConcurrency', 16, { most: 1000 }),
    verifyTimeoutSeconds: number('verifyTimeoutSeconds', 20, { least: 0.1, most: 3600, whole: false }),
    uploadLifetimeSeconds: number('uploadLifetimeSeconds', 86_400, { least: 0 }),
    deletionGraceSeconds: number('deletionGraceSeconds', 3600, { least: 0 }),
    sweepIntervalSeconds: number('sweepIntervalSeconds', 60, { least: 0.05, most: 86_400, whole: false }),
    auditRetentionDays:
      typeof options.auditRetentionDays === 'number'
        ? checkNumber('auditRetentionDays', options.auditRetentionDays, { least: 0, whole: false })
        : null,
    maintenance: options.maintenance ?? true,
    statementTimeoutMs: number('statementTimeoutMs', 10_000, { most: 600_000 }),
    poolTimeoutMs: number('poolTimeoutMs', 10_000, { most: 600_000 }),
    onEvent: toAll(recordMetrics(), options.onEvent ?? logFailures),
  };
}
