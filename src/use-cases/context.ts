import { setMaxListeners } from 'node:events';
import type { AnnotationKey, Principal } from '../domain/types.js';
import type { Caller } from '../repositories/audit.js';
import { createDatabase, type Database } from '../repositories/database.js';
import { createSchemaLoader, type Schema, type SchemaLoader } from '../repositories/schema.js';
import type { Storage } from '../storage/storage.js';
import { createLimiter, type Limiter } from './concurrency.js';
import { type MaskUploadOptions, resolveSettings, type Settings } from './options.js';
import { createUpkeep, type Upkeep } from './upkeep.js';
import { createVerifier, type Verifier } from './verify-object.js';

/** What every use case works with; made once per router or service. */
export interface Context {
  database: Database;
  loadSchema: SchemaLoader;
  storage: Storage;
  settings: Settings;
  verifier: Verifier;
  upkeep: Upkeep;
  /** For quick questions to the store, so apart from verifying, which may take long: what is there, and small objects. */
  lookUp: Limiter;
  /** For large objects on their way to clients: as slow as these, so they must not take every connection. */
  downloads: Limiter;
  /** Aborted by `close`: large objects are then not read to their end. */
  closing: AbortSignal;
  /** Stops the upkeep and the reading of large objects, waiting for the upkeep that is under way. */
  close(): Promise<void>;
}

/** Where a call takes place. `annotation` was read from the host's own row, and is what `authorize` was asked about. */
export interface Scope {
  schema: Schema;
  annotation: AnnotationKey;
  principal: Principal | null;
  caller: Caller;
  /** Aborted when whoever called does not wait any longer: what takes long, and would be for nothing, then ends. */
  signal: AbortSignal | undefined;
}

export interface GroupScope extends Scope {
  groupId: number;
}

export interface UploadScope extends GroupScope {
  uploadId: string;
}

export interface MaskScope extends Scope {
  maskId: number;
}

export function createContext(options: MaskUploadOptions): Context {
  if (typeof options !== 'object' || options === null) {
    throw new TypeError("Pass `knex` and `storage`: the host's own knex instance and, e.g., createS3Storage({ … }).");
  }
  const settings = resolveSettings(options);
  const database = createDatabase(options.knex, settings);
  const loadSchema = createSchemaLoader(database, options.database ?? {});
  const { storage } = options;
  const upkeep = createUpkeep({ database, loadSchema, storage, settings });
  const closing = new AbortController();
  // one for each large object being read
  setMaxListeners(0, closing.signal);
  return {
    database,
    loadSchema,
    storage,
    settings,
    verifier: createVerifier(storage, settings),
    upkeep,
    lookUp: createLimiter(settings.verifyConcurrency),
    downloads: createLimiter(settings.downloadConcurrency),
    closing: closing.signal,
    close() {
      closing.abort();
      return upkeep.stop();
    },
  };
}
