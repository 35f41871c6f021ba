import { expect } from 'chai';
import { assertTtl, signingWindow } from '../../src/storage/signing-window.js';

const NOON = Date.UTC(2026, 10, 23, 12);

describe('the signing window', () => {
  it('begins at the same instant for half of the life, and leaves at least half of it', () => {
    for (const ttlSeconds of [2, 3, 5, 600, 3600, 604_800]) {
      const windowMs = Math.floor(ttlSeconds / 2) * 1000;
      const begin = Math.ceil(NOON / windowMs) * windowMs;
      const first = signingWindow(ttlSeconds, begin);
      const last = signingWindow(ttlSeconds, begin + windowMs - 1);
      const next = signingWindow(ttlSeconds, begin + windowMs);
      expect(last).to.deep.equal(first);
      expect(next.signingDate.getTime()).to.equal(begin + windowMs);
      expect(first.expiresAt.getTime() - first.signingDate.getTime()).to.equal(ttlSeconds * 1000);
      expect(last.expiresAt.getTime() - (begin + windowMs - 1)).to.be.at.least((ttlSeconds * 1000) / 2);
    }
  });

  it('is none for a life of one second, all of which is left', () => {
    expect(signingWindow(1, NOON + 999).expiresAt.getTime()).to.equal(NOON + 1999);
  });

  it('is not for a life that is none', () => {
    for (const ttlSeconds of [1.5, Number.NaN, Number.POSITIVE_INFINITY, '60' as never]) {
      expect(() => assertTtl(ttlSeconds)).to.throw(TypeError, 'whole number');
    }
    for (const ttlSeconds of [0, -1, 604_801]) expect(() => signingWindow(ttlSeconds)).to.throw(RangeError);
  });
});
