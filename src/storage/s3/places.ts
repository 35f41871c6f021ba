import type { S3Client } from '@aws-sdk/client-s3';
import { locateBucket } from './bucket-place.js';
import { publicClient } from './client.js';
import { credentialsOf } from './credentials.js';
import { sdkError } from './errors.js';
import type { S3Settings } from './options.js';
import type { SigningPlace } from './sign-requests.js';
import { createSigner } from './signer.js';

/** The host is part of a signature, so the same bucket is signed for twice. */
export interface Places {
  /** For this server's own calls. */
  inner: SigningPlace;
  /** For URLs that are handed out. */
  outer: SigningPlace;
}

/** Finds both at the first call and keeps them; after a failure the next call looks again. */
export function findPlaces(settings: S3Settings, client: S3Client): () => Promise<Places> {
  const credentials = credentialsOf(client, settings.timeoutMs);
  let found: Promise<Places> | undefined;

  async function at(where: S3Client): Promise<SigningPlace> {
    const place = await locateBucket(where, settings.bucket, settings.allowHttp);
    return { place, sign: createSigner(client, credentials, place) };
  }

  async function find(): Promise<Places> {
    await credentials(); // says what is wrong with them, in its own words and time
    const inner = await at(client);
    const outside = await publicClient(settings, client);
    return { inner, outer: outside ? await at(outside) : inner };
  }

  return () => {
    found ??= find().catch((error) => {
      found = undefined;
      throw sdkError(error);
    });
    return found;
  };
}
