import { crc32, deflateSync, gzipSync } from 'node:zlib';
import { expect } from 'chai';
import fc from 'fast-check';
import { inspectContent } from '../../src/domain/content.js';
import { type MimeType, resolveMimeTypes } from '../../src/domain/mime-types.js';

const types = resolveMimeTypes([
  ...['image/png', 'application/dicom', 'application/x-nifti', 'application/x-nrrd', 'application/json'],
  { name: 'application/octet-stream', extensions: ['bin'] },
]);
const typeOf = (name: string): MimeType => types.get(name) ?? expect.fail(name);

/** Inspects a file as verification does: by its first 64 KiB and its last 64 bytes. */
function inspect(type: string, file: Buffer, encoding: 'gzip' | null = null) {
  const sample = { head: file.subarray(0, 65_536), tail: file.subarray(-64), size: file.length };
  return inspectContent(typeOf(type), encoding, sample);
}

function messageOf(type: string, file: Buffer, encoding: 'gzip' | null = null): string {
  const findings = inspect(type, file, encoding);
  return findings.ok ? expect.fail('it was accepted') : findings.message;
}

function chunk(name: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(name, 'latin1'), data]);
  const framed = Buffer.alloc(body.length + 8);
  framed.writeUInt32BE(data.length, 0);
  body.copy(framed, 4);
  framed.writeUInt32BE(crc32(body), body.length + 4);
  return framed;
}

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

interface PngHeader {
  width: number;
  height: number;
  depth?: number;
  colour?: number;
  compression?: number;
  filter?: number;
  interlace?: number;
}

function ihdr({ width, height, depth = 8, colour = 0, compression = 0, filter = 0, interlace = 0 }: PngHeader): Buffer {
  const data = Buffer.alloc(13);
  data.writeUInt32BE(width, 0);
  data.writeUInt32BE(height, 4);
  data.set([depth, colour, compression, filter, interlace], 8);
  return chunk('IHDR', data);
}

function png(header: PngHeader, pixels: Buffer = Buffer.alloc(100)): Buffer {
  return Buffer.concat([SIGNATURE, ihdr(header), chunk('IDAT', deflateSync(pixels)), chunk('IEND', Buffer.alloc(0))]);
}

/** Bytes that do not pack, the same each time. */
function noise(length: number): Buffer {
  let state = 1;
  return Buffer.from(
    Array.from({ length }, () => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return state >>> 24;
    }),
  );
}

function dicom(preamble = Buffer.alloc(128), rest = Buffer.from([2, 0, 0, 0, 0x55, 0x4c, 4, 0, 0, 0, 0, 0])): Buffer {
  const padded = Buffer.alloc(128);
  preamble.copy(padded);
  return Buffer.concat([padded, Buffer.from('DICM'), rest]);
}

function nifti(version: 1 | 2, bigEndian = false, magic?: string): Buffer {
  const file = Buffer.alloc(2000);
  const size = version === 1 ? 348 : 540;
  if (bigEndian) file.writeInt32BE(size, 0);
  else file.writeInt32LE(size, 0);
  file.write(magic ?? (version === 1 ? 'n+1\0' : 'n+2\0\r\n\x1a\n'), version === 1 ? 344 : 4, 'latin1');
  return file;
}

describe('inspectContent', () => {
  describe('PNG', () => {
    it('gives the real width and height', () => {
      expect(inspect('image/png', png({ width: 512, height: 300 }))).to.deep.equal({
        ok: true,
        width: 512,
        height: 300,
      });
      expect(inspect('image/png', png({ width: 1, height: 2 ** 31 - 1 }))).to.deep.include({
        ok: true,
        height: 2 ** 31 - 1,
      });
    });

    it('also of a file longer than what was read', () => {
      const pixels = noise(200_000);
      const file = png({ width: 500, height: 400 }, pixels);
      expect(file.length).to.be.above(65_536);
      expect(inspect('image/png', file)).to.deep.equal({ ok: true, width: 500, height: 400 });
    });

    const legal: Record<number, number[]> = {
      0: [1, 2, 4, 8, 16],
      2: [8, 16],
      3: [1, 2, 4, 8],
      4: [8, 16],
      6: [8, 16],
    };
    for (let colour = 0; colour <= 7; colour += 1) {
      it(`knows the bit depths of colour type ${colour}`, () => {
        for (const depth of [0, 1, 2, 3, 4, 5, 8, 12, 16, 32, 255]) {
          const accepted = legal[colour]?.includes(depth) ?? false;
          expect(inspect('image/png', png({ width: 4, height: 4, depth, colour })).ok, `${depth} bits`).to.equal(
            accepted,
          );
        }
      });
    }

    it('accepts both interlace methods', () => {
      expect(inspect('image/png', png({ width: 4, height: 4, interlace: 1 })).ok).to.equal(true);
    });

    const sound = png({ width: 4, height: 4 });
    const broken: Record<string, [Buffer, string]> = {
      'an empty file': [Buffer.alloc(0), 'signature'],
      'a JPEG': [Buffer.from('ffd8ffe000104a4649460001', 'hex'), 'signature'],
      'HTML called PNG': [Buffer.from('<html><script>alert(1)</script></html>'), 'signature'],
      'a signature that went through a text conversion': [
        Buffer.from(sound.toString('latin1').replace('\r\n', '\n'), 'latin1'),
        'signature',
      ],
      'the signature alone': [SIGNATURE, 'IHDR'],
      'a header cut off': [sound.subarray(0, 30), 'IHDR'],
      'another chunk first': [Buffer.concat([SIGNATURE, chunk('tEXt', Buffer.alloc(13)), sound.subarray(8)]), 'IHDR'],
      'an IHDR of another length': [
        Buffer.concat([SIGNATURE, chunk('IHDR', Buffer.alloc(14)), sound.subarray(33)]),
        'IHDR',
      ],
      'a header with a flipped bit': [Buffer.from(sound).fill(5, 19, 20), 'CRC'],
      'no width': [png({ width: 0, height: 4 }), 'width or height'],
      'no height': [png({ width: 4, height: 0 }), 'width or height'],
      'a width above 2^31 - 1': [png({ width: 2 ** 31, height: 4 }), 'width or height'],
      'an unknown compression': [png({ width: 4, height: 4, compression: 1 }), 'compression'],
      'an unknown filter': [png({ width: 4, height: 4, filter: 1 }), 'filter'],
      'an unknown interlace': [png({ width: 4, height: 4, interlace: 2 }), 'interlace'],
      'a missing end': [sound.subarray(0, -12), 'cut off'],
      'one missing byte': [sound.subarray(0, -1), 'cut off'],
      'one byte too many': [Buffer.concat([sound, Buffer.alloc(1)]), 'appended'],
      'a ZIP appended': [Buffer.concat([sound, Buffer.from('PK\x05\x06'), Buffer.alloc(18)]), 'appended'],
      'a header and nothing else': [sound.subarray(0, 33), 'cut off'],
    };
    for (const [what, [file, message]] of Object.entries(broken)) {
      it(`refuses ${what}`, () => expect(messageOf('image/png', file)).to.include(message));
    }

    it('refuses a gzip of a PNG, which nobody asked for', () => {
      expect(inspect('image/png', gzipSync(sound)).ok).to.equal(false);
    });
  });

  describe('DICOM', () => {
    it('accepts an empty preamble and one that is TIFF', () => {
      expect(inspect('application/dicom', dicom())).to.deep.equal({ ok: true });
      expect(inspect('application/dicom', dicom(Buffer.from('II*\0\x08\0\0\0', 'latin1'))).ok).to.equal(true);
      expect(inspect('application/dicom', dicom(Buffer.from('MM\0*', 'latin1'))).ok).to.equal(true);
    });
    for (const [what, file] of Object.entries({
      'an empty file': Buffer.alloc(0),
      'DICM at the beginning': Buffer.from('DICM'.padEnd(300, '\0')),
      'a preamble alone': Buffer.alloc(131),
      'a PNG': png({ width: 300, height: 300 }),
    })) {
      it(`refuses ${what}`, () => expect(messageOf('application/dicom', file)).to.include('"DICM" is missing'));
    }
    const executables = {
      Windows: 'MZ\x90\0',
      ELF: '\x7fELF\x02\x01',
      'Mach-O': '\xcf\xfa\xed\xfe',
      'universal Mach-O': '\xca\xfe\xba\xbe',
      script: '#!/bin/sh\n',
    };
    for (const [what, magic] of Object.entries(executables)) {
      it(`refuses a preamble that begins like an executable (${what})`, () => {
        expect(messageOf('application/dicom', dicom(Buffer.from(magic, 'latin1')))).to.include('executable');
      });
    }
    for (const markup of [
      '<script>alert(1)</script>',
      '<!DOCTYPE html>',
      '\0\0  <HTML>',
      '<?php system()',
      '%PDF-1.7',
      '--></style><img src=x>',
    ]) {
      it(`refuses a preamble with ${JSON.stringify(markup)}`, () => {
        expect(messageOf('application/dicom', dicom(Buffer.from(markup, 'latin1')))).to.include('markup');
      });
    }
    it('does not mind markup after the preamble', () => {
      expect(inspect('application/dicom', dicom(Buffer.alloc(128), Buffer.from('<script>'))).ok).to.equal(true);
    });
  });

  describe('NIfTI', () => {
    for (const version of [1, 2] as const) {
      for (const bigEndian of [false, true]) {
        const file = nifti(version, bigEndian);
        const name = `NIfTI-${version}, ${bigEndian ? 'big' : 'little'} endian`;
        it(`accepts ${name}`, () => expect(inspect('application/x-nifti', file)).to.deep.equal({ ok: true }));
        it(`accepts ${name}, as .nii.gz`, () =>
          expect(inspect('application/x-nifti', gzipSync(file)).ok).to.equal(true));
        it(`accepts ${name}, with content encoding`, () => {
          expect(inspect('application/x-nifti', gzipSync(file), 'gzip').ok).to.equal(true);
        });
      }
    }
    it('accepts a large .nii.gz by its beginning, however well it is packed', () => {
      const voxels = noise(1_000_000);
      for (const level of [0, 1, 9]) {
        const packed = gzipSync(Buffer.concat([nifti(1), voxels]), { level });
        expect(packed.length).to.be.above(65_536);
        expect(inspect('application/x-nifti', packed).ok, `level ${level}`).to.equal(true);
      }
    });
    it('unpacks no more than a little of a bomb', () => {
      const bomb = gzipSync(Buffer.concat([nifti(1), Buffer.alloc(100_000_000)]), { level: 9 });
      const started = performance.now();
      expect(inspect('application/x-nifti', bomb).ok).to.equal(true);
      expect(performance.now() - started).to.be.below(200);
    });
    const broken: Record<string, [Buffer, string]> = {
      'an empty file': [Buffer.alloc(0), 'does not begin'],
      zeros: [Buffer.alloc(1000), 'does not begin'],
      'a header cut off': [nifti(1).subarray(0, 347), 'does not begin'],
      'a NIfTI-2 header cut off': [nifti(2).subarray(0, 300), 'does not begin'],
      'no magic': [nifti(1, false, 'abcd'), 'magic'],
      'the magic of the other version': [nifti(1, false, 'n+2\0'), 'magic'],
      'NIfTI-2 without its line-end check': [nifti(2, false, 'n+2\0\n\x1a\n\n'), 'magic'],
      'a two-file NIfTI-1': [nifti(1, false, 'ni1\0'), 'two-file'],
      'a two-file NIfTI-2': [nifti(2, false, 'ni2\0\r\n\x1a\n'), 'two-file'],
      'a gzip of something else': [gzipSync(Buffer.from('hello'.repeat(500))), 'after unpacking'],
      'a gzip of nothing': [gzipSync(Buffer.alloc(0)), 'after unpacking'],
      'a gzip in a gzip': [gzipSync(gzipSync(nifti(1))), 'after unpacking'],
      'a gzip cut off': [gzipSync(nifti(1)).subarray(0, -4), 'cannot be unpacked'],
      'a damaged gzip': [
        Buffer.concat([gzipSync(nifti(1)).subarray(0, 10), Buffer.alloc(3000, 0xff)]),
        'cannot be unpacked',
      ],
    };
    for (const [what, [file, message]] of Object.entries(broken)) {
      it(`refuses ${what}`, () => expect(messageOf('application/x-nifti', file)).to.include(message));
    }
  });

  describe('NRRD', () => {
    const header = 'type: uint8\ndimension: 3\nsizes: 4 4 4\nencoding: gzip\n';
    for (const magic of ['NRRD0001\n', 'NRRD0004\n', 'NRRD0005\r\n']) {
      it(`accepts ${JSON.stringify(magic)}`, () => {
        expect(inspect('application/x-nrrd', Buffer.from(`${magic}${header}\n\x1f\x8bdata`, 'latin1'))).to.deep.equal({
          ok: true,
        });
      });
    }
    it('accepts a header that is longer than what was read', () => {
      expect(inspect('application/x-nrrd', Buffer.from(`NRRD0004\n${'# segment\n'.repeat(10_000)}`)).ok).to.equal(true);
    });
    it('does not take voxels for a header', () => {
      expect(inspect('application/x-nrrd', Buffer.from(`NRRD0004\n${header}\nx\ndata file: y\n`)).ok).to.equal(true);
    });
    for (const file of ['', 'NRRD', 'NRRD0004', 'NRRD00045\n', 'nrrd0004\n', '\nNRRD0004\n', 'NRRDXXXX\n', '<html>']) {
      it(`refuses ${JSON.stringify(file)}`, () =>
        expect(messageOf('application/x-nrrd', Buffer.from(file))).to.include('NRRD000x'));
    }
    for (const field of ['data file: other.raw', 'datafile: /etc/passwd', 'DATA FILE: LIST']) {
      it(`refuses a detached header (${field})`, () => {
        expect(messageOf('application/x-nrrd', Buffer.from(`NRRD0004\n${header}${field}\n`))).to.include('detached');
      });
    }
  });

  describe('JSON', () => {
    const long = (open: string, close: string) => Buffer.from(`${open}"${'é'.repeat(60_000)}"${close}`);
    for (const text of ['{}', '[]', ' \n\t{"a": [1, 2]}\r\n', '[{"size":[4,4],"counts":"ab"}]', '{"이름": "간"}']) {
      it(`accepts ${JSON.stringify(text)}`, () =>
        expect(inspect('application/json', Buffer.from(text))).to.deep.equal({ ok: true }));
    }
    it('accepts a long one by its two ends, even if a character is cut where reading stopped', () => {
      for (const shift of ['', ' ']) {
        expect(inspect('application/json', long(`${shift}[`, ']\n')).ok).to.equal(true);
        expect(inspect('application/json', long(`${shift}{"a":`, '}')).ok).to.equal(true);
      }
    });
    it('accepts a packed one, short or long', () => {
      expect(inspect('application/json', gzipSync('{"a":1}'), 'gzip')).to.deep.equal({ ok: true });
      const runs = JSON.stringify(Array.from({ length: 50_000 }, (_, index) => (index * index) % 997));
      expect(inspect('application/json', gzipSync(runs), 'gzip').ok).to.equal(true);
    });
    const broken: Record<string, [Buffer, string]> = {
      'an empty file': [Buffer.alloc(0), 'object or array'],
      'white space': [Buffer.from('  \n'), 'object or array'],
      'a number': [Buffer.from('42'), 'object or array'],
      'a string': [Buffer.from('"a"'), 'object or array'],
      HTML: [Buffer.from('<html>'), 'object or array'],
      'a byte order mark': [Buffer.from('\ufeff{}'), 'object or array'],
      'UTF-16': [Buffer.from('{}', 'utf16le'), 'valid JSON'],
      'Latin-1': [Buffer.from('{"a":"é"}', 'latin1'), 'UTF-8'],
      'a lone surrogate in bytes': [Buffer.from('7b2261223a22eda08022 7d'.replace(' ', ''), 'hex'), 'UTF-8'],
      'a missing end': [Buffer.from('{"a": 1'), 'valid JSON'],
      'the wrong bracket': [Buffer.from('{"a": 1]'), 'valid JSON'],
      'two values': [Buffer.from('{}{}'), 'valid JSON'],
      'JSON lines': [Buffer.from('{"a":1}\n{"a":2}\n'), 'valid JSON'],
      'single quotes': [Buffer.from("{'a': 1}"), 'valid JSON'],
      'NaN, as Python writes it': [Buffer.from('[NaN]'), 'valid JSON'],
      'a long one with the wrong end': [long('[', '}'), 'end where it should'],
      'a long one cut off': [long('[', ''), 'end where it should'],
      'a long one that is not UTF-8': [
        Buffer.concat([Buffer.from('["'), Buffer.alloc(70_000, 0xe9), Buffer.from('"]')]),
        'UTF-8',
      ],
      'a long one that ends in nothing but white space': [
        Buffer.concat([long('[', ']'), Buffer.alloc(100, ' ')]),
        'end where it should',
      ],
    };
    for (const [what, [file, message]] of Object.entries(broken)) {
      it(`refuses ${what}`, () => expect(messageOf('application/json', file)).to.include(message));
    }
    it('survives deep nesting', () => {
      expect(inspect('application/json', Buffer.from('['.repeat(60_000))).ok).to.equal(false);
      expect(inspect('application/json', Buffer.from('['.repeat(30_000) + ']'.repeat(30_000)))).to.have.property('ok');
    });
  });

  describe('content encoding gzip', () => {
    it('must be gzip indeed', () => {
      for (const type of types.keys()) {
        for (const file of [Buffer.alloc(0), Buffer.from([0x1f, 0x8b]), Buffer.from('{}'), nifti(1)]) {
          expect(messageOf(type, file, 'gzip'), type).to.include('does not begin like gzip');
        }
      }
    });
    it('holds what the type says', () => {
      expect(inspect('application/dicom', gzipSync(dicom()), 'gzip').ok).to.equal(true);
      expect(inspect('application/x-nrrd', gzipSync('NRRD0004\n'), 'gzip').ok).to.equal(true);
      expect(messageOf('application/dicom', gzipSync('hello'), 'gzip')).to.include('after unpacking gzip');
    });
    it('is checked even when the content is not', () => {
      expect(inspect('application/octet-stream', gzipSync('anything'), 'gzip').ok).to.equal(true);
      expect(inspect('application/octet-stream', Buffer.from('anything'), 'gzip').ok).to.equal(false);
    });
  });

  it('accepts any bytes for a type whose content is not checked', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(inspect('application/octet-stream', Buffer.from(bytes))).to.deep.equal({ ok: true });
      }),
    );
  });

  it('never throws on random bytes, or on a good file with a few bytes changed or cut', () => {
    const good = [
      png({ width: 40, height: 30 }),
      dicom(),
      nifti(1),
      nifti(2),
      Buffer.from('NRRD0004\n\n'),
      Buffer.from('{"a":[1]}'),
    ];
    const seeds = [...good, ...good.map((file) => gzipSync(file))];
    const edits = fc.array(fc.tuple(fc.nat(2100), fc.nat(255)), { maxLength: 4 });
    const encoding = fc.constantFrom(null, 'gzip' as const);
    fc.assert(
      fc.property(
        fc.constantFrom(...types.keys()),
        fc.constantFrom(...seeds),
        edits,
        fc.nat(2100),
        encoding,
        (type, seed, changes, length, packed) => {
          const file = Buffer.from(seed.subarray(0, length));
          for (const [at, byte] of changes) if (at < file.length) file[at] = byte;
          expect(inspect(type, file, packed).ok).to.be.a('boolean');
        },
      ),
      { numRuns: 2000 },
    );
    fc.assert(
      fc.property(
        fc.constantFrom(...types.keys()),
        fc.uint8Array({ maxLength: 3000 }),
        encoding,
        (type, bytes, packed) => {
          expect(inspect(type, Buffer.from(bytes), packed).ok).to.be.a('boolean');
        },
      ),
    );
  });

  it('never throws when the sample does not fit together', () => {
    const head = png({ width: 4, height: 4 });
    for (const type of types.values()) {
      for (const sample of [
        { head: Buffer.alloc(0), tail: Buffer.alloc(0), size: 1000 },
        { head, tail: Buffer.alloc(0), size: head.length },
        { head: head.subarray(0, 3), tail: head.subarray(-3), size: 0 },
      ]) {
        for (const encoding of [null, 'gzip'] as const)
          expect(inspectContent(type, encoding, sample)).to.have.property('ok');
      }
    }
  });

  it('finds every single flipped bit in the header of a PNG', () => {
    const file = png({ width: 512, height: 512 });
    fc.assert(
      fc.property(fc.nat(32), fc.nat(7), (at, bit) => {
        const flipped = Buffer.from(file);
        flipped[at] = (flipped[at] ?? 0) ^ (1 << bit);
        expect(inspect('image/png', flipped).ok).to.equal(false);
      }),
    );
  });
});
