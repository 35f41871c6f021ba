import { aborted } from './errors.js';
import { nodeBuiltin } from './node-builtin.js';

/** Up to here a file is hashed whole, by WebCrypto. */
const WHOLE_BYTES = 8 * 2 ** 20;
/** At a time beyond that: some 10 ms of a page's main thread. */
const CHUNK_BYTES = 2 ** 20;

interface Hasher {
  update(bytes: Uint8Array): unknown;
  hex(): string;
}

/**
 * SHA-256 of a file, 64 hex digits. Small files by WebCrypto; large ones, and all where there is no `crypto.subtle`
 * (a page on plain http), piece by piece, so that a volume of gigabytes takes one MiB of memory.
 */
export async function sha256(data: Blob, signal?: AbortSignal): Promise<string> {
  const subtle = globalThis.crypto?.subtle;
  if (subtle && data.size <= WHOLE_BYTES) return toHex(await subtle.digest('SHA-256', await data.arrayBuffer()));
  const hasher = nodeHasher() ?? (await portableHasher());
  for (let offset = 0; offset < data.size; offset += CHUNK_BYTES) {
    if (signal?.aborted) throw aborted();
    hasher.update(new Uint8Array(await data.slice(offset, offset + CHUNK_BYTES).arrayBuffer()));
  }
  return hasher.hex();
}

async function portableHasher(): Promise<Hasher> {
  const { portableSha256 } = await import('./portable-hash.js');
  const hash = portableSha256.create();
  return { update: (bytes) => hash.update(bytes), hex: () => toHex(hash.digest()) };
}

interface NodeCrypto {
  createHash(name: 'sha256'): { update(bytes: Uint8Array): unknown; digest(encoding: 'hex'): string };
}

/** Several times as fast, where there is Node. */
function nodeHasher(): Hasher | undefined {
  const crypto = nodeBuiltin<NodeCrypto>('node:crypto');
  if (!crypto) return undefined;
  const hash = crypto.createHash('sha256');
  return { update: (bytes) => hash.update(bytes), hex: () => hash.digest('hex') };
}

function toHex(bytes: ArrayBuffer | Uint8Array): string {
  return Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
