import { HeadObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { StorageError } from '../storage.js';
import { isLoopback } from './options.js';

/** Where the objects of a bucket live, and the scope that requests for them are signed in. */
export interface BucketPlace {
  /** Scheme, host and port. */
  origin: string;
  protocol: string;
  hostname: string;
  port: number | undefined;
  /** What stands before the key: `/bucket/` in path style, else `/`. */
  path: string;
  region: string;
  service: string;
}

const MAX_KEY_BYTES = 1024;

/**
 * Asks the SDK itself, once, by signing a URL and taking it apart: path or virtual-host style, partitions, FIPS and
 * dual-stack hosts are its rules, and the host's own client may be configured in any of these ways.
 */
export async function locateBucket(client: S3Client, bucket: string, allowHttp: boolean): Promise<BucketPlace> {
  const url = new URL(await getSignedUrl(client, new HeadObjectCommand({ Bucket: bucket, Key: 'k' })));
  if (url.protocol === 'http:' && !allowHttp && !isLoopback(url.hostname)) {
    throw new StorageError('unavailable', 'The client uses http: to another machine: use https:, or allowHttp: true.');
  }
  // the last four parts of KEYID/20261123/us-east-1/s3/aws4_request; a key id may hold slashes
  const [, region, service] = (url.searchParams.get('X-Amz-Credential') ?? '').split('/').slice(-4);
  if (!region || !service) throw new StorageError('unavailable', 'The client does not sign with Signature Version 4.');
  return {
    origin: url.origin,
    protocol: url.protocol,
    hostname: url.hostname,
    port: url.port ? Number(url.port) : undefined,
    path: url.pathname.slice(0, -1),
    region,
    service,
  };
}

/** The path of an object's URL; undefined for what cannot be a key (S3 allows 1 to 1024 bytes of UTF-8). */
export function objectPath(place: BucketPlace, key: string): string | undefined {
  if (key === '' || Buffer.byteLength(key) > MAX_KEY_BYTES) return undefined;
  try {
    return place.path + escapeUri(key).replaceAll('%2F', '/');
  } catch {
    return undefined; // half of a surrogate pair
  }
}

/** Signature Version 4 leaves only RFC 3986's unreserved characters as they are. */
export function escapeUri(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}
