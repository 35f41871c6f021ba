import type { AnnotationKey, Principal } from '../domain/types.js';
import { createDatabase, type Database } from '../repositories/database.js';
import { createSchemaLoader, type Schema, type SchemaLoader } from '../repositories/schema.js';
import type { Storage } from '../storage/storage.js';
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
}

/** Where a call takes place. `annotation` was read from the host's own row, and is what `authorize` was asked about. */
export interface Scope {
  schema: Schema;
  annotation: AnnotationKey;
  principal: Principal | null;
}

export interface GroupScope extends Scope {
  groupId: number;
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
  return {
    database,
    loadSchema,
    storage,
    settings,
    verifier: createVerifier(storage, settings),
    upkeep: createUpkeep({ database, loadSchema, storage, settings }),
  };
}
