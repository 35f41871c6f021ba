import { expect } from 'chai';
import fc from 'fast-check';
import { type MimeType, resolveMimeTypes } from '../../src/domain/mime-types.js';
import { createNameGuard } from '../../src/domain/name-guard.js';
import { checkFilename, checkText, type TextField } from '../../src/domain/text.js';

const guard = createNameGuard();
const FIELDS: TextField[] = [
  ...([
    'group_name',
    'model_name',
    'version',
    'description',
    'label_name',
    'filename',
    'modality',
    'mask_type',
  ] as const),
];
const NAMES: TextField[] = ['group_name', 'model_name', 'version', 'label_name', 'mask_type'];

function stored(field: TextField, value: string): string {
  const result = checkText(field, value, guard);
  expect(result.problem, JSON.stringify(value)).to.equal(undefined);
  return result.value ?? '';
}

function refusal(field: TextField, value: string): string {
  const { problem } = checkText(field, value, guard);
  expect(problem?.code, JSON.stringify(value)).to.equal('invalid-request');
  return problem?.message ?? '';
}

describe('checkText', () => {
  it('gives ordinary text back as it is', () => {
    for (const value of [
      'liver',
      'Liver (left)',
      '간',
      'Niere – links',
      "O'Brien",
      'a/b',
      '½',
      '😀',
      '❤️',
      '葛󠄀',
      'été',
      'שלום',
      'عربي',
    ]) {
      for (const field of [...NAMES, 'description'] as const) expect(stored(field, value)).to.equal(value);
    }
  });

  it('stores NFC, whatever form the client sends', () => {
    expect(stored('label_name', 'Ne\u0301phron')).to.equal('Néphron');
    expect(stored('label_name', '\u1100\u1161\u11ab')).to.equal('간');
    expect(stored('group_name', '\u212b')).to.equal('Å');
  });

  it('trims outer white space and keeps it inside', () => {
    expect(stored('label_name', '  left  kidney ')).to.equal('left  kidney');
    expect(stored('modality', ' CT ')).to.equal('CT');
    expect(stored('group_name', '\u00a0\u3000run 3\u2003')).to.equal('run 3');
    expect(stored('description', '\n\n a\nb \n')).to.equal('a\nb');
  });

  it('tells how to leave a text out instead of sending an empty one', () => {
    for (const field of FIELDS) {
      for (const value of ['', ' ', '\u3000'])
        expect(refusal(field, value)).to.equal(`${field} must not be empty: leave it out or send null`);
    }
    expect(refusal('description', '\n\r\n')).to.include('must not be empty');
  });

  describe('refuses in every field', () => {
    const characters: Record<string, string> = {
      NUL: '\0',
      tab: '\t',
      'vertical tab': '\v',
      escape: '\x1b',
      delete: '\x7f',
      'next line (C1)': '\x85',
      'soft hyphen': '\u00ad',
      'zero-width space': '\u200b',
      'zero-width joiner': '\u200d',
      'left-to-right mark': '\u200e',
      'Arabic letter mark': '\u061c',
      'right-to-left override': '\u202e',
      'right-to-left isolate': '\u2067',
      'word joiner': '\u2060',
      'byte order mark': '\ufeff',
      'tag character': '\u{e0041}',
      'line separator': '\u2028',
      'paragraph separator': '\u2029',
      'combining grapheme joiner': '\u034f',
      'Hangul filler': '\u3164',
      'lone high surrogate': '\ud800',
      'lone low surrogate': '\udc00',
      'private use': '\ue000',
      'private use (plane 16)': '\u{10fffd}',
      'noncharacter U+FDD0': '\ufdd0',
      'noncharacter U+FFFF': '\uffff',
      'noncharacter U+10FFFF': '\u{10ffff}',
      unassigned: '\u0378',
    };
    for (const [name, character] of Object.entries(characters)) {
      it(name, () => {
        for (const field of FIELDS) {
          expect(refusal(field, `A${character}B`)).to.include('must not hold control');
          expect(refusal(field, `${character}A`)).to.include('must not hold control');
        }
      });
    }
  });

  it('lets only descriptions hold line breaks, and stores them as \\n', () => {
    expect(stored('description', 'a\r\nb\rc\nd\n\ne')).to.equal('a\nb\nc\nd\n\ne');
    for (const field of FIELDS.filter((name) => name !== 'description')) {
      for (const breaks of ['\n', '\r', '\r\n']) expect(refusal(field, `A${breaks}B`)).to.include('control');
    }
  });

  describe('counts characters, not UTF-16 units or bytes', () => {
    const limits = {
      group_name: 128,
      model_name: 128,
      version: 128,
      description: 2000,
      label_name: 64,
      mask_type: 64,
    } as const;
    for (const [field, limit] of Object.entries(limits) as [keyof typeof limits, number][]) {
      it(`${field}: ${limit}`, () => {
        for (const character of ['x', '간', '😀', 'é']) {
          expect(stored(field, character.repeat(limit))).to.have.length(character.length * limit);
          expect(refusal(field, character.repeat(limit + 1))).to.equal(
            `${field} must have at most ${limit} characters`,
          );
        }
        expect(stored(field, 'e\u0301'.repeat(limit)), 'counted after normalising').to.equal('é'.repeat(limit));
        expect(stored(field, ` ${'x'.repeat(limit)} `), 'counted after trimming').to.have.length(limit);
      });
    }
    it('also where normalising makes a text longer', () => {
      expect(refusal('label_name', '\u0958'.repeat(33))).to.include('at most 64');
    });
    it('modality: 16', () => {
      expect(stored('modality', 'A'.repeat(16))).to.have.length(16);
      expect(refusal('modality', 'A'.repeat(17))).to.include('at most 16');
    });
  });

  it('takes modalities that are DICOM code strings only', () => {
    for (const value of ['CT', 'MR', 'PT', 'US', 'XA', 'RTSTRUCT', 'CT_1', 'CT MR'])
      expect(stored('modality', value)).to.equal(value);
    for (const value of ['ct', 'Ct', 'C-T', 'C/T', 'C\\T', 'ＣＴ', 'CT*', 'Ç'])
      expect(refusal('modality', value)).to.include('code string');
  });

  it('takes no backslash in a label, because DICOM LO has none', () => {
    expect(refusal('label_name', 'a\\b')).to.include('backslash');
    expect(stored('group_name', 'a\\b')).to.equal('a\\b');
  });

  it('asks the guard about what would be stored, and says why it refuses', () => {
    const { problem } = checkText('label_name', 'DOE^JOHN', guard);
    expect(problem?.code).to.equal('unsafe-name');
    expect(problem?.message).to.match(/^label_name may identify a person: /);

    const seen: string[] = [];
    const spy = (field: TextField, value: string) => {
      seen.push(`${field}=${value}`);
      return null;
    };
    for (const field of FIELDS)
      checkText(
        field,
        field === 'filename' ? 'a.png' : ' XE\u0301 '.replace('E\u0301', field === 'modality' ? 'E' : 'E\u0301'),
        spy,
      );
    expect(seen).to.deep.equal([
      ...['group_name=XÉ', 'model_name=XÉ', 'version=XÉ', 'description=XÉ', 'label_name=XÉ', 'filename=a.png'],
    ]);
  });

  it("uses the host's own guard instead when there is one", () => {
    const { problem } = checkText('label_name', 'liver', () => 'only kidneys here');
    expect(problem).to.deep.equal({
      code: 'unsafe-name',
      message: 'label_name may identify a person: only kidneys here',
    });
    expect(checkText('label_name', 'DOE^JOHN', () => null).value).to.equal('DOE^JOHN');
  });

  it('for any text: answers, is idempotent, and never stores anything forbidden', () => {
    const units = fc.array(fc.nat(0xffff)).map((codes) => String.fromCharCode(...codes));
    const anything = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }), units);
    fc.assert(
      fc.property(fc.constantFrom(...FIELDS), anything, (field, value) => {
        const { value: result, problem } = checkText(field, value, guard);
        if (problem) return;
        expect(checkText(field, result, guard).value).to.equal(result);
        expect(result).to.equal(result.normalize('NFC').trim());
        expect(result).to.not.match(/(?!\n)[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}]/u);
      }),
      { numRuns: 1000 },
    );
  });

  it('never repeats the value', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...FIELDS),
        fc.stringMatching(/^[Q-Z]{6,20}$/),
        fc.constantFrom('^', '\0', '\\', '\n', ' '.repeat(2000), '@X.DE'),
        (field, word, bad) => {
          const { problem } = checkText(field, word + bad + word, guard);
          if (problem) expect(problem.message).to.not.include(word);
        },
      ),
    );
  });
});

describe('checkFilename', () => {
  const types = resolveMimeTypes();
  const typeOf = (name: string): MimeType => types.get(name) ?? expect.fail(name);
  const check = (filename: string, type = 'image/png') => checkFilename(filename, typeOf(type), guard);

  const fine: [string, string][] = [
    ['slice_0001.png', 'image/png'],
    ['A.PNG', 'image/png'],
    ['a.b-c_d.png', 'image/png'],
    [`${'x'.repeat(124)}.png`, 'image/png'],
    ['1.2.840.113619.2.55.3.604688119.971.1234567890.123.png', 'image/png'],
    ['seg.dcm', 'application/dicom'],
    ['seg.nii', 'application/vnd.nifti'],
    ['seg.nii.gz', 'application/x-nifti'],
    ['seg.NII.GZ', 'application/x-nifti'],
    ['seg.seg.nrrd', 'application/x-nrrd'],
    ['rle.json', 'application/json'],
    ['-rf.png', 'image/png'],
  ];
  for (const [name, type] of fine) it(`accepts ${name} as ${type}`, () => expect(check(name, type)).to.equal(null));

  const notPlain = [
    ...[
      'a b.png',
      'a/b.png',
      '../a.png',
      'a\\b.png',
      '..png',
      '.png',
      '.a.png',
      'a..png',
      '간.png',
      'a;b.png',
      'a%2fb.png',
      'a:b.png',
    ],
    ...[
      '<a>.png',
      '"a".png',
      'a\n.png',
      'a\0.png',
      'ａ.png',
      'C:a.png',
      'a.png/',
      '~a.png',
      '$(a).png',
      ' a.png',
      'a.png ',
      'a.png\n',
    ],
    ...['', `${'x'.repeat(125)}.png`],
  ];
  for (const name of notPlain) {
    it(`refuses ${JSON.stringify(name.slice(0, 20))}`, () => expect(check(name)?.code).to.equal('invalid-request'));
  }

  const misfits: [string, string][] = [
    ['a.jpg', 'image/png'],
    ['a.png.exe', 'image/png'],
    ['png', 'image/png'],
    ['apng', 'image/png'],
    ['a.png.', 'image/png'],
    ['a.gz', 'application/x-nifti'],
    ['a.dcm', 'image/png'],
    ['a.png', 'application/dicom'],
  ];
  for (const [name, type] of misfits) {
    it(`refuses ${name} as ${type}, and says which extension fits`, () => {
      expect(check(name, type)?.code).to.equal('invalid-request');
      expect(check(name, type)?.message).to.match(/must end in \.(png|dcm|nii\.gz or \.nii) to fit/);
    });
  }

  it('asks the guard', () => {
    expect(check('19800101.png')?.code).to.equal('unsafe-name');
    expect(check('MRN_0042.png')?.code).to.equal('unsafe-name');
  });

  it('accepts nothing that could be more than a name', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 20 }), (stem) => {
        if (check(`${stem}.png`) === null) expect(`${stem}.png`).to.match(/^[A-Za-z0-9_-][A-Za-z0-9._-]*\.png$/);
      }),
    );
  });
});
