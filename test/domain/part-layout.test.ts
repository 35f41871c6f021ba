import { expect } from 'chai';
import { layoutOf, partAt, partSizeOf, runsOf } from '../../src/domain/part-layout.js';

const MiB = 2 ** 20;
const GiB = 2 ** 30;

describe('the parts of a file', () => {
  it('are none up to the threshold', () => {
    for (const size of [1, 64 * MiB - 1, 64 * MiB]) expect(partSizeOf(size, 64 * MiB)).to.equal(null);
  });

  for (const [size, threshold, partSize, count, last] of [
    [64 * MiB + 1, 64 * MiB, 16 * MiB, 5, 1],
    [16 * GiB, 64 * MiB, 16 * MiB, 1024, 16 * MiB],
    [5 * MiB + 1, 5 * MiB, 5 * MiB, 2, 1],
    [20 * MiB, 5.5 * MiB, 5 * MiB, 4, 5 * MiB],
    // as many as there may be, and then larger ones
    [10_000 * 16 * MiB, 64 * MiB, 16 * MiB, 10_000, 16 * MiB],
    [10_000 * 16 * MiB + 1, 64 * MiB, 17 * MiB, 9412, 13 * MiB + 1],
    [50_000 * MiB + 1, 5 * MiB, 6 * MiB, 8334, 2 * MiB + 1],
    [10_000 * 5 * GiB, 5 * GiB, 5 * GiB, 10_000, 5 * GiB],
  ] as const) {
    it(`are ${count} of ${partSize / MiB} MiB for ${size} bytes above ${threshold / MiB} MiB`, () => {
      expect(partSizeOf(size, threshold)).to.equal(partSize);
      expect(layoutOf(size, partSize)).to.deep.equal({ part_size: partSize, part_count: count });
      expect(partAt(size, partSize, 1)).to.deep.equal({ offset: 0, length: partSize });
      expect(partAt(size, partSize, count)).to.deep.equal({ offset: size - last, length: last });
      expect(partAt(size, partSize, count - 1).offset + partSize).to.equal(size - last);
    });
  }

  it('are told as runs', () => {
    expect(runsOf([])).to.deep.equal([]);
    expect(runsOf([7])).to.deep.equal([[7, 7]]);
    expect(runsOf([1, 2, 3, 5, 8, 9])).to.deep.equal([
      [1, 3],
      [5, 5],
      [8, 9],
    ]);
  });
});
