import { expect } from 'chai';
import { share } from '../../examples/host-app/page/words.js';

describe('the words of the page', () => {
  it('write both numbers of a share in the same way', () => {
    expect(share(1000, 1200, 'slice')).to.equal('1,000 of 1,200 slices');
    expect(share(0, 1, 'slice')).to.equal('0 of 1 slice');
  });
});
