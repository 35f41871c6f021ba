import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { GetBucketVersioningCommand, type S3Client } from '@aws-sdk/client-s3';
import type { ObjectKey, Sha256Hex } from '../../domain/types.js';
import { type CheckFinding, isStorageError, type StorageCheck, type StorageErrorCode } from '../storage.js';
import { checkMultipart } from './check-multipart.js';
import { deleteObjects } from './delete-objects.js';
import { sdkError } from './errors.js';
import { listObjects } from './list-objects.js';
import type { Places } from './places.js';
import { headObject, readObject } from './read-object.js';
import { type SigningPlace, signPut } from './sign-requests.js';
import { errorOf, type Transport } from './transport.js';

export interface StoreToCheck {
  client: S3Client;
  bucket: string;
  places: () => Promise<Places>;
  transport: Transport;
  sseHeaders: Record<string, string>;
  deadlineMs: number;
}

/** Apart from every installation's masks. */
const PREFIX = '.pacs-mask-upload-check/';
const TYPE = 'application/octet-stream';
const TTL_SECONDS = 300;

/**
 * Tries with throw-away objects what the package relies on, and cleans up. Signed requests are sent to this server's
 * own endpoint, since the public one need not be within its reach.
 */
export async function checkStore(store: StoreToCheck): Promise<StorageCheck> {
  const findings: CheckFinding[] = [];
  const failed = (name: string) => findings.some((finding) => finding.name === name && !finding.ok);

  /** A step answers what holds, and throws what does not. One that needs another is not tried when that failed. */
  async function step(name: string, needs: readonly string[], body: () => Promise<string>): Promise<void> {
    const missing = needs.find(failed);
    try {
      if (missing) throw new Error(`Not tried, because of what \`${missing}\` found.`);
      findings.push({ name, ok: true, message: await body() });
    } catch (error) {
      findings.push({ name, ok: false, message: error instanceof Error ? error.message : 'Failed.' });
    }
  }

  let probe: Probe | undefined;
  await step('reach', [], async () => {
    const { inner } = await store.places();
    probe = createProbe(store, inner);
    return probe.reach();
  });
  const tried = (body: (probe: Probe) => Promise<string>) => async () => {
    if (!probe) throw new Error('The bucket was not found.');
    return body(probe);
  };
  await step(
    'write',
    ['reach'],
    tried(({ write }) => write()),
  );
  await step(
    'read',
    ['reach', 'write'],
    tried(({ read }) => read()),
  );
  await step(
    'content-type',
    ['reach', 'write'],
    tried(({ contentType }) => contentType()),
  );
  await step(
    'length',
    ['reach', 'write'],
    tried(({ length }) => length()),
  );
  await step(
    'checksum',
    ['reach', 'write'],
    tried(({ checksum }) => checksum()),
  );
  await step(
    'write-once',
    ['reach', 'write'],
    tried(({ writeOnce }) => writeOnce()),
  );
  await step(
    'list',
    ['reach', 'write'],
    tried(({ list }) => list()),
  );
  await step(
    'multipart',
    ['reach', 'write'],
    tried(({ multipart }) => multipart()),
  );
  await step(
    'versioning',
    ['reach'],
    tried(({ versioning }) => versioning()),
  );
  await step(
    'delete',
    ['reach', 'write'],
    tried(({ remove }) => remove()),
  );
  if (!failed('reach')) await probe?.cleanUp();
  return { ok: findings.every(({ ok }) => ok), findings };
}

type Probe = ReturnType<typeof createProbe>;

function createProbe(store: StoreToCheck, at: SigningPlace) {
  const { client, bucket, transport, sseHeaders, deadlineMs } = store;
  const folder = `${PREFIX}${randomUUID()}/`;
  const keyOf = (name: string) => (folder + name) as ObjectKey;
  const names = ['object', 'content-type', 'length', 'checksum', 'multipart'];
  const bytes = randomBytes(64);

  /** Signs for `bytes`, sends what it is told to send, and gives back the status; 403 and the like are answers here. */
  async function put(name: string, sent: Buffer, contentType = TYPE): Promise<{ status: number; problem: Error }> {
    const { url, headers } = await signPut(
      at,
      keyOf(name),
      { contentType: TYPE, contentLength: bytes.length, sha256: sha256(bytes), ttlSeconds: TTL_SECONDS },
      sseHeaders,
    );
    const answer = await transport.sendAgain({
      method: 'PUT',
      origin: at.place.origin,
      target: url.slice(at.place.origin.length),
      headers: { ...headers, 'content-type': contentType },
      body: sent,
    });
    return { status: answer.status, problem: await errorOf(answer) };
  }

  /** Sends something else than was signed; `instead` says what happens when the store takes it all the same. */
  async function refusal(what: string, instead: string, sent: { status: number; problem: Error }): Promise<string> {
    if (sent.status >= 400 && sent.status < 500) return `${what} is refused.`;
    if (sent.status >= 200 && sent.status < 300) throw new Error(`${what} is accepted: ${instead}`);
    throw sent.problem;
  }

  return {
    async reach(): Promise<string> {
      try {
        const { body } = await readObject(at, transport, keyOf('missing'));
        body.destroy();
      } catch (error) {
        if (!hasCode(error, 'no-such-key', 'access-denied')) throw error;
        if (hasCode(error, 'access-denied')) {
          return `The store answers, but does not say that an object is missing. ${(error as Error).message}`;
        }
      }
      return 'The bucket answers.';
    },

    async write(): Promise<string> {
      const { status, problem } = await put('object', bytes);
      // 412: the first try arrived, its answer did not
      if (status !== 200 && status !== 412) throw problem;
      return 'A signed upload is accepted.';
    },

    async read(): Promise<string> {
      const { body } = await readObject(at, transport, keyOf('object'));
      if (!(await buffer(body)).equals(bytes))
        throw new Error('An object reads back with other bytes than were written.');
      return 'An object reads back as it was written.';
    },

    async contentType(): Promise<string> {
      const { contentType } = await headObject(at, transport, keyOf('object'));
      if (contentType !== TYPE) throw new Error('The store does not keep the Content-Type of an upload.');
      return refusal(
        'Another Content-Type than the signed one',
        'the store does not check signed headers, so do not use it for signed uploads.',
        await put('content-type', bytes, 'text/html'),
      );
    },

    async length(): Promise<string> {
      return refusal(
        'Another length than the signed one',
        'whoever holds an upload URL can fill the bucket. Completion still refuses such a file.',
        await put('length', Buffer.concat([bytes, Buffer.from('x')])),
      );
    },

    async checksum(): Promise<string> {
      return refusal(
        'Another body than that of the signed SHA-256',
        'the store ignores x-amz-checksum-sha256. Completion still refuses such a file, after reading it.',
        await put('checksum', randomBytes(bytes.length)),
      );
    },

    async writeOnce(): Promise<string> {
      return refusal(
        'Writing an object a second time',
        'the store ignores If-None-Match, so an upload URL can replace verified bytes until it expires. ' +
          'Use a store with conditional writes.',
        await put('object', bytes),
      );
    },

    async list(): Promise<string> {
      for await (const { key } of listObjects(client, bucket, folder, deadlineMs)) {
        if (key === keyOf('object')) return 'Objects can be listed.';
      }
      throw new Error('A written object is missing from the list: reconcile() cannot be relied on.');
    },

    multipart: () => checkMultipart(store, at, keyOf('multipart'), bytes),

    async versioning(): Promise<string> {
      const status = await bucketVersioning(client, bucket, deadlineMs);
      if (status !== 'Enabled') return status;
      throw new Error(
        'The bucket is versioned: write-once is not atomic when several write at the same time, and deleted masks ' +
          'stay as old versions. Use a bucket without versioning, or a lifecycle rule that expires old versions.',
      );
    },

    async remove(): Promise<string> {
      const [failure] = await deleteObjects({ ...store, at }, [keyOf('object')]);
      if (failure) throw failure.error;
      try {
        const { body } = await readObject(at, transport, keyOf('object'));
        body.destroy();
      } catch (error) {
        if (hasCode(error, 'no-such-key', 'access-denied')) return 'Objects can be deleted.';
        throw error;
      }
      throw new Error('A deleted object can still be read.');
    },

    /** Also what should have been refused. What cannot be deleted, `delete` has told of. */
    async cleanUp(): Promise<void> {
      await deleteObjects({ ...store, at }, names.map(keyOf)).catch(() => {});
    },
  };
}

/** `Enabled`, or a sentence for the report. Not knowing is no fault: the right to ask is seldom given. */
async function bucketVersioning(client: S3Client, Bucket: string, deadlineMs: number): Promise<string> {
  try {
    const { Status } = await client.send(new GetBucketVersioningCommand({ Bucket }), {
      abortSignal: AbortSignal.timeout(deadlineMs),
    });
    if (Status === 'Enabled') return Status;
    if (Status === 'Suspended') return 'Versioning is suspended: versions from before stay when masks are deleted.';
    return 'The bucket is not versioned.';
  } catch (error) {
    return `Not known. Make sure that the bucket is not versioned. ${sdkError(error).message}`;
  }
}

function hasCode(error: unknown, ...codes: StorageErrorCode[]): boolean {
  return isStorageError(error) && codes.includes(error.code);
}

function sha256(bytes: Buffer): Sha256Hex {
  return createHash('sha256').update(bytes).digest('hex') as Sha256Hex;
}
