// in a module of its own, so that bundlers load it only where it is needed and leave the other SHA-2s out
export { sha256 as portableSha256 } from '@noble/hashes/sha2.js';
