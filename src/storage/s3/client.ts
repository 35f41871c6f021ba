import { S3Client } from '@aws-sdk/client-s3';
import type { S3Settings } from './options.js';

/** The host's own client, or one made of the settings. It signs, deletes and lists; reading has a transport of its own. */
export function s3Client(settings: S3Settings): S3Client {
  if (settings.client) return settings.client;
  const { region, endpoint, forcePathStyle, credentials, timeoutMs, maxAttempts, maxConnections } = settings;
  return new S3Client({
    ...QUIET_CHECKSUMS,
    ...(region && { region }),
    ...(endpoint && { endpoint }),
    ...(credentials && { credentials }),
    forcePathStyle,
    maxAttempts,
    requestHandler: {
      connectionTimeout: timeoutMs,
      requestTimeout: timeoutMs,
      throwOnRequestTimeout: true,
      httpAgent: { keepAlive: true, maxSockets: maxConnections },
      httpsAgent: { keepAlive: true, maxSockets: maxConnections },
    },
  });
}

/** A client that only knows where the bucket is from outside; nothing is ever sent with it. */
export async function publicClient(settings: S3Settings, inner: S3Client): Promise<S3Client | undefined> {
  const { publicEndpoint } = settings;
  if (publicEndpoint === undefined) return undefined;
  return new S3Client({
    ...QUIET_CHECKSUMS,
    region: await inner.config.region(),
    endpoint: publicEndpoint,
    forcePathStyle: inner.config.forcePathStyle ?? false,
    credentials: { accessKeyId: 'none', secretAccessKey: 'none' },
  });
}

/**
 * `WHEN_REQUIRED`: the default puts the CRC32 of an empty body into URLs, and asks servers for more than many
 * S3-compatible ones know. `ignoreConfiguredEndpointUrls`: AWS_ENDPOINT_URL_S3 redirects nothing behind anyone's back.
 */
const QUIET_CHECKSUMS = {
  requestChecksumCalculation: 'WHEN_REQUIRED',
  responseChecksumValidation: 'WHEN_REQUIRED',
  ignoreConfiguredEndpointUrls: true,
} as const;
