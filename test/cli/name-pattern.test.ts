import { expect } from 'chai';
import { DEFAULT_PATTERNS, parsePattern, readName } from '../../src/cli/name-pattern.js';
import { UsageError } from '../../src/cli/usage-error.js';

const byDefault = (name: string) => readName(name, 'png', DEFAULT_PATTERNS);
const by = (template: string, name: string) => readName(name, 'png', [parsePattern(template)]);

describe('the pattern of file names', () => {
  it('finds slice and label by itself in the usual spellings', () => {
    expect(byDefault('0001_liver.png')).to.deep.equal({ slice_index: 1, label_name: 'liver' });
    expect(byDefault('12_left_kidney.PNG')).to.deep.equal({ slice_index: 12, label_name: 'left_kidney' });
    expect(byDefault('007.png')).to.deep.equal({ slice_index: 7 });
    expect(byDefault('slice_042.png')).to.deep.equal({ slice_index: 42 });
    expect(byDefault('slice_042_spleen.png')).to.deep.equal({ slice_index: 42, label_name: 'spleen' });
  });

  it('does not guess', () => {
    for (const name of ['liver_0001.png', 'mask.png', '0001-liver.png', '_1.png', '1_.png', '1234567890.png']) {
      expect(byDefault(name), name).to.equal(undefined);
    }
  });

  it('is what the caller says, with or without the extension', () => {
    expect(by('{label}_{slice}', 'liver_0001.png')).to.deep.equal({ slice_index: 1, label_name: 'liver' });
    expect(by('seg-{slice}.{label}.png', 'seg-3.liver.png')).to.deep.equal({ slice_index: 3, label_name: 'liver' });
    expect(by('{any}-{slice}', 'case (1)-9.png')).to.deep.equal({ slice_index: 9 });
    expect(by('{uid}', '1.2.840.10008.png')).to.deep.equal({ sop_instance_uid: '1.2.840.10008' });
    expect(by('{any}', 'whatever.png')).to.deep.equal({});
    expect(by('a.c_{slice}', 'abc_1.png')).to.equal(undefined);
  });

  it('refuses a template that it cannot follow', () => {
    for (const template of ['{slices}', '{}', '{slice}{slice}']) {
      expect(() => parsePattern(template), template).to.throw(UsageError);
    }
  });
});
