import { randomBytes } from 'node:crypto';
import {
  AbortMultipartUploadCommand,
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectVersionsCommand,
  paginateListObjectsV2,
  S3Client,
} from '@aws-sdk/client-s3';

export interface Credentials {
  accessKeyId: string;
  secretAccessKey: string;
}

export interface FreshBucket {
  name: string;
  endpoint: string;
  region: string;
  credentials: Credentials;
  /** A plain client, path style, of the bucket's owner; `drop` ends it. */
  client: S3Client;
  /** Every key in it, sorted. */
  keys(): Promise<string[]>;
  /** Deletes the bucket with all objects, versions and unfinished multipart uploads. */
  drop(): Promise<void>;
}

/** A new, empty bucket on the server of `TEST_S3_ENDPOINT`. */
export async function freshBucket(): Promise<FreshBucket> {
  const endpoint = required('TEST_S3_ENDPOINT');
  const region = process.env.TEST_S3_REGION || 'us-east-1';
  const credentials = {
    accessKeyId: required('TEST_S3_ACCESS_KEY_ID'),
    secretAccessKey: required('TEST_S3_SECRET_ACCESS_KEY'),
  };
  const client = new S3Client({
    endpoint,
    region,
    credentials,
    forcePathStyle: true,
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  });
  const name = `mask-upload-test-${randomBytes(6).toString('hex')}`;
  await client.send(new CreateBucketCommand({ Bucket: name }));

  async function keys(): Promise<string[]> {
    const found: string[] = [];
    for await (const page of paginateListObjectsV2({ client }, { Bucket: name })) {
      for (const { Key } of page.Contents ?? []) if (Key !== undefined) found.push(Key);
    }
    return found.sort();
  }

  return {
    name,
    endpoint,
    region,
    credentials,
    client,
    keys,
    async drop() {
      await empty(client, name, keys);
      await client.send(new DeleteBucketCommand({ Bucket: name }));
      client.destroy();
    },
  };
}

/** A user of the same server who has no right to anyone's bucket. */
export function otherCredentials(): Credentials {
  return {
    accessKeyId: required('TEST_S3_OTHER_ACCESS_KEY_ID'),
    secretAccessKey: required('TEST_S3_OTHER_SECRET_ACCESS_KEY'),
  };
}

/** Whether the S3 server of this run is known not to give a guarantee, so that its test is skipped by name. */
export function s3Cannot(guarantee: string): boolean {
  return (process.env.TEST_S3_CANNOT ?? '')
    .split(',')
    .map((name) => name.trim())
    .includes(guarantee);
}

async function empty(client: S3Client, Bucket: string, keys: () => Promise<string[]>): Promise<void> {
  for (const Key of await keys()) await client.send(new DeleteObjectCommand({ Bucket, Key }));
  await ifImplemented(async () => {
    const { Uploads } = await client.send(new ListMultipartUploadsCommand({ Bucket }));
    for (const { Key, UploadId } of Uploads ?? []) {
      await client.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId }));
    }
  });
  await ifImplemented(async () => {
    for (;;) {
      const page = await client.send(new ListObjectVersionsCommand({ Bucket }));
      const versions = [...(page.Versions ?? []), ...(page.DeleteMarkers ?? [])];
      if (versions.length === 0) return;
      for (const { Key, VersionId } of versions) await client.send(new DeleteObjectCommand({ Bucket, Key, VersionId }));
    }
  });
}

/** A server that cannot list versions or multipart uploads has none to delete. */
async function ifImplemented(work: () => Promise<void>): Promise<void> {
  await work().catch((error: Error) => {
    if (error.name !== 'NotImplemented' && error.name !== 'MethodNotAllowed') throw error;
  });
}

function required(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: run mocha with its configuration, or set it`);
  return value;
}
