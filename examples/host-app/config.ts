import { fileURLToPath } from 'node:url';
import { type MaskUploadOptions, signedUrlTtlsFromEnv } from './pacs-mask-upload.js';

export interface Config {
  /** 0 for any that is free. */
  port: number;
  /** Undefined: the demo runs a PostgreSQL of its own. */
  databaseUrl: string | undefined;
  /** Holds what the demo keeps between two runs, where the environment says nothing else. */
  folder: string;
  /** Options of the router; what is not set has the router's own default. */
  options: Pick<
    MaskUploadOptions,
    'defaultTtlSeconds' | 'maxTtlSeconds' | 'uploadLifetimeSeconds' | 'deletionGraceSeconds' | 'sweepIntervalSeconds'
  >;
}

const PROJECT = fileURLToPath(new URL('../../', import.meta.url));

/** @throws Error naming the variable that is malformed, and what it may be; never its value */
export function readConfig(env: NodeJS.ProcessEnv): Config {
  const setting = (name: string) => env[name]?.trim() || undefined;
  const number = (name: string, pattern: RegExp, what: string) => {
    const text = setting(name);
    if (text === undefined) return undefined;
    if (!pattern.test(text)) throw new Error(`${name} must be ${what}`);
    return Number(text);
  };
  const seconds = (name: string) => number(name, /^\d{1,9}$/, 'a whole number of seconds');

  const port = number('PORT', /^\d{1,5}$/, 'a port: 0 to 65535') ?? 3000;
  if (port > 65_535) throw new Error('PORT must be a port: 0 to 65535');
  const databaseUrl = setting('DATABASE_URL');
  if (databaseUrl !== undefined && !(/^postgres(ql)?:/.test(databaseUrl) && URL.canParse(databaseUrl))) {
    throw new Error('DATABASE_URL must be a URL such as postgres://user:password@127.0.0.1:5432/pacs');
  }
  return {
    port,
    databaseUrl,
    folder: setting('DEMO_FOLDER') ?? `${PROJECT}.demo`,
    options: {
      ...signedUrlTtlsFromEnv(env),
      uploadLifetimeSeconds: seconds('UPLOAD_LIFETIME_SECONDS'),
      deletionGraceSeconds: seconds('DELETION_GRACE_SECONDS'),
      sweepIntervalSeconds: number('SWEEP_INTERVAL_SECONDS', /^\d{1,5}(\.\d{1,3})?$/, 'seconds, such as 60 or 0.5'),
    },
  };
}
