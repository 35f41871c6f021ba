import type { IncomingHttpHeaders, IncomingMessage, RequestListener } from 'node:http';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { freePort, type Server } from './server.js';

const MAIN = { accessKeyId: 'AKIATESTMAINUSER0001', secretAccessKey: 'test-main-secret-test-main-secret-test-1' };
const OTHER = { accessKeyId: 'AKIATESTOTHERUSER001', secretAccessKey: 'test-other-secret-test-other-secret-tst1' };

/**
 * What s3rver does not do, by the names in src/storage/contract.ts, found out by running that suite: it ignores
 * checksums and If-None-Match, keeps what came of a body that breaks off, answers `bytes=-10` with 11 bytes, and cannot
 * list the parts of a multipart upload, nor give it up.
 */
const CANNOT = 'checksum,write-once,length,range,multipart';

interface Account {
  createKeyPair(accessKeyId: string, secretAccessKey: string): void;
}
interface S3rver {
  new (options: { directory: string; silent: boolean; vhostBuckets: boolean }): { callback(): RequestListener };
}
interface CanonicalRequest {
  uri: string;
  headers: IncomingHttpHeaders;
}
interface SignatureV4 {
  getStringToSign(request: CanonicalRequest, signature: unknown): string;
}

/**
 * Starts the npm package `@20minutes/s3rver` in `directory`: it verifies signatures and expiry, not more (see CANNOT).
 * Its continuation tokens need DES, hence a process with `--openssl-legacy-provider`.
 */
export async function startS3rver(directory: string): Promise<Server> {
  const require = createRequire(import.meta.url);
  const S3rver = require('@20minutes/s3rver') as S3rver;
  const accounts = require('@20minutes/s3rver/lib/models/account.js') as {
    new (id: number, name: string): Account;
    DUMMY_ACCOUNT: Account;
  };
  accounts.DUMMY_ACCOUNT.createKeyPair(MAIN.accessKeyId, MAIN.secretAccessKey);
  new accounts(210987654321, 'other').createKeyPair(OTHER.accessKeyId, OTHER.secretAccessKey);
  const noteSlash = keepTrailingSlash(require('@20minutes/s3rver/lib/signature/v4.js') as SignatureV4);

  const answer = new S3rver({ directory, silent: true, vhostBuckets: false }).callback();
  const server = createServer((req, res) => {
    // s3rver lets in everyone who shows no signature at all
    if (!isSigned(req)) {
      res.writeHead(403).end();
      return;
    }
    noteSlash(req);
    answer(req, res);
  });
  const port = await freePort();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, '127.0.0.1', resolve);
  });
  return {
    env: {
      TEST_S3_ENDPOINT: `http://127.0.0.1:${port}`,
      TEST_S3_REGION: 'us-east-1',
      TEST_S3_ACCESS_KEY_ID: MAIN.accessKeyId,
      TEST_S3_SECRET_ACCESS_KEY: MAIN.secretAccessKey,
      TEST_S3_OTHER_ACCESS_KEY_ID: OTHER.accessKeyId,
      TEST_S3_OTHER_SECRET_ACCESS_KEY: OTHER.secretAccessKey,
      TEST_S3_CANNOT: CANNOT,
    },
    description: `s3rver, an imitation that cannot check ${CANNOT.replaceAll(',', ', ')}, on port ${port}`,
    async stop() {
      server.close();
      server.closeAllConnections();
    },
  };
}

function isSigned({ url = '', headers }: IncomingMessage): boolean {
  return headers.authorization !== undefined || /[?&]X-Amz-Algorithm=/.test(url);
}

/** The AWS SDK signs bucket operations with a slash after the bucket's name, which s3rver forgets when it verifies. */
function keepTrailingSlash(signature: SignatureV4): (req: IncomingMessage) => void {
  const slashed = new WeakSet<IncomingHttpHeaders>();
  const original = signature.getStringToSign;
  signature.getStringToSign = (request, details) =>
    original(slashed.has(request.headers) ? { ...request, uri: `${request.uri}/` } : request, details);
  return (req) => {
    if (/^\/[^/?]+\/(\?|$)/.test(req.url ?? '')) slashed.add(req.headers);
  };
}
