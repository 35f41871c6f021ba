import { expect } from 'chai';
import fc from 'fast-check';
import { isDicomUid } from '../../src/domain/dicom-uid.js';

describe('isDicomUid', () => {
  const valid = [
    ...['1.2', '0.0', '2.25.0', '1.2.840.10008.5.1.4.1.1.66.4', '2.25.329800735698586629295641978511506172918'],
    ...['1.2.840.113619.2.55.3.604688119.971.1234567890.123', '1.0.2', `1.${'2'.repeat(62)}`],
  ];
  for (const uid of valid) it(`accepts ${uid}`, () => expect(isDicomUid(uid)).to.equal(true));

  const invalid = {
    'nothing at all': '',
    'a single component': '1',
    'a leading zero': '1.02.3',
    'a component 00': '1.00.3',
    'a leading dot': '.1.2',
    'a trailing dot': '1.2.',
    'an empty component': '1..2',
    letters: '1.2.a',
    'a sign': '1.-2',
    'a leading space': ' 1.2',
    'a trailing space': '1.2 ',
    'a padding NUL': '1.2\0',
    'a line break': '1.2\n',
    'digits of another script': '1.٢',
    '65 characters': `1.${'2'.repeat(63)}`,
    'a path': '1.2/../3',
  };
  for (const [what, value] of Object.entries(invalid)) {
    it(`refuses ${what}`, () => expect(isDicomUid(value)).to.equal(false));
  }

  it('accepts every list of two or more numbers that fits into 64 characters', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(), { minLength: 2, maxLength: 8 }), (numbers) => {
        const uid = numbers.join('.');
        expect(isDicomUid(uid)).to.equal(uid.length <= 64);
      }),
    );
  });

  it('accepts no text with anything but digits and dots, and answers at once', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 80 }), (value) => {
        if (isDicomUid(value)) expect(value).to.match(/^[0-9.]{3,64}$/);
      }),
    );
    expect(isDicomUid('1.'.repeat(1_000_000))).to.equal(false);
  });
});
