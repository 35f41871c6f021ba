const MIN_SECRET_BYTES = 32;

/**
 * The secrets that sign and verify: the first signs, all of them verify.
 *
 * @throws TypeError when there is none, or one is shorter than 32 bytes. The message never holds a secret.
 */
export function parseSecrets(secret: string | readonly string[]): [Buffer, ...Buffer[]] {
  const [first, ...others] = (Array.isArray(secret) ? secret : [secret]).map(parseSecret);
  if (!first) throw new TypeError(`is missing: ${HOW_TO_MAKE_ONE}`);
  return [first, ...others];
}

const HOW_TO_MAKE_ONE = 'make one with "openssl rand -base64 32"';

function parseSecret(secret: unknown): Buffer {
  if (typeof secret !== 'string') throw new TypeError(`is missing: ${HOW_TO_MAKE_ONE}`);
  const bytes = Buffer.from(secret, 'utf8');
  if (bytes.length < MIN_SECRET_BYTES) {
    throw new TypeError(`has ${bytes.length} bytes, at least ${MIN_SECRET_BYTES} are needed: ${HOW_TO_MAKE_ONE}`);
  }
  return bytes;
}
