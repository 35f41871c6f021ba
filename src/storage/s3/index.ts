import type { Storage } from '../storage.js';
import { checkStore } from './check.js';
import { s3Client } from './client.js';
import { deleteObjects } from './delete-objects.js';
import { listMultiparts } from './list-multiparts.js';
import { listObjects } from './list-objects.js';
import { abortMultipart, completeMultipart, listParts, startMultipart } from './multipart.js';
import { checkOptions, type S3Settings, type S3StorageOptions } from './options.js';
import { findPlaces } from './places.js';
import { headObject, readObject } from './read-object.js';
import { signGet, signPart, signPut } from './sign-requests.js';
import { createTransport } from './transport.js';

export type { S3StorageOptions } from './options.js';

export interface S3Storage extends Storage {
  /** Ends the connections; what is still running rejects with `unavailable`. The host's own client stays open. */
  close(): Promise<void>;
}

/**
 * AWS S3 and every S3-compatible server. Touches no network before the first call. Throws when an option is missing or
 * wrong, with a message that says what to pass.
 */
export function createS3Storage(options: S3StorageOptions): S3Storage {
  return storageOf('s3', checkOptions(options, process.env));
}

/** `createS3Storage` with MinIO's defaults: http://127.0.0.1:9000, path style, region us-east-1. */
export function createMinioStorage(options: S3StorageOptions): S3Storage {
  const defaults = options?.client
    ? {}
    : { endpoint: 'http://127.0.0.1:9000', region: 'us-east-1', forcePathStyle: true };
  return storageOf('minio', checkOptions({ ...defaults, ...definedOnly(options) }, process.env));
}

function storageOf(provider: string, settings: S3Settings): S3Storage {
  const { bucket, sseHeaders, timeoutMs, maxAttempts } = settings;
  const client = s3Client(settings);
  const transport = createTransport(settings);
  const places = findPlaces(settings, client);
  // every try of the client's, with a second for the pause after it; timers count no further than 31 bits
  const deadlineMs = Math.min((timeoutMs + 1000) * maxAttempts, 0x7fffffff);

  const store = { client, bucket, sseHeaders, deadlineMs };
  /** The SDK's client goes where it is configured to go: find out, before it does, that this is a place to go to. */
  const checked = async () => {
    await places();
    return store;
  };

  return {
    provider,
    signUpload: async (key, conditions) => signPut((await places()).outer, key, conditions, sseHeaders),
    signDownload: async (key, conditions) => signGet((await places()).outer, key, conditions),
    startMultipart: async (key, conditions) => startMultipart(await checked(), key, conditions),
    signPart: async (key, conditions) => signPart((await places()).outer, key, conditions),
    listParts: async (key, id, options) => listParts(await checked(), key, id, options?.signal),
    async completeMultipart(key, id, parts, options) {
      return completeMultipart(await checked(), key, id, parts, options?.signal);
    },
    abortMultipart: async (key, id) => abortMultipart(await checked(), key, id),
    async *listMultiparts(prefix) {
      await places();
      yield* listMultiparts(client, bucket, prefix, deadlineMs);
    },
    head: async (key, options) => headObject((await places()).inner, transport, key, options),
    read: async (key, options) => readObject((await places()).inner, transport, key, options),
    async delete(keys) {
      return deleteObjects({ client, bucket, at: (await places()).inner, transport, deadlineMs }, keys);
    },
    async *list(prefix) {
      await places();
      yield* listObjects(client, bucket, prefix, deadlineMs);
    },
    check: () => checkStore({ client, bucket, places, transport, sseHeaders, deadlineMs }),
    async close() {
      if (client !== settings.client) client.destroy();
      await transport.close();
    },
  };
}

function definedOnly(options: S3StorageOptions): S3StorageOptions {
  return Object.fromEntries(Object.entries(options ?? {}).filter(([, value]) => value !== undefined)) as never;
}
