import { createHash, randomBytes } from 'node:crypto';
import { expect } from 'chai';
import { sha256 } from '../../src/client/hash.js';

const MiB = 2 ** 20;

describe('the hash of a file', () => {
  const bytes = [0, 1, 63, 64, MiB - 1, MiB, MiB + 1, 9 * MiB].map((size) => randomBytes(size));
  const expected = bytes.map((data) => createHash('sha256').update(data).digest('hex'));
  const hashes = () => Promise.all(bytes.map((data) => sha256(new Blob([data]))));

  it('is its SHA-256, large and small', async () => {
    expect(await hashes()).to.deep.equal(expected);
  });

  it('is the same where there is neither crypto.subtle nor Node, as in a page on plain http', async () => {
    const crypto = Object.getOwnPropertyDescriptor(globalThis, 'crypto');
    const builtin = Object.getOwnPropertyDescriptor(process, 'getBuiltinModule');
    Object.defineProperty(globalThis, 'crypto', { value: undefined, configurable: true });
    Object.defineProperty(process, 'getBuiltinModule', { value: undefined, configurable: true });
    try {
      expect(await hashes()).to.deep.equal(expected);
    } finally {
      if (crypto) Object.defineProperty(globalThis, 'crypto', crypto);
      if (builtin) Object.defineProperty(process, 'getBuiltinModule', builtin);
      else Reflect.deleteProperty(process, 'getBuiltinModule');
    }
  });

  it('stops when it is aborted', async () => {
    const error = await sha256(new Blob([randomBytes(9 * MiB)]), AbortSignal.abort()).catch((reason) => reason);
    expect(error).to.deep.include({ code: 'aborted' });
  });
});
