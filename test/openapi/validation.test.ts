import { expect } from 'chai';
import { examples } from '../../openapi/examples.js';
import type { RequestSchemaName } from '../../openapi/request-schemas.js';
import type { FieldError, MaskUploadError } from '../../src/domain/errors.js';
import { isMaskUploadError } from '../../src/domain/errors.js';
import { validateBody } from '../../src/domain/validation.js';

const FILE = { mime_type: 'image/png', file_size: 1 };

function refusal(schema: RequestSchemaName, body: unknown): MaskUploadError {
  try {
    validateBody(schema, body);
  } catch (error) {
    if (isMaskUploadError(error)) return error;
    throw error;
  }
  throw new Error(`${schema} took the body`);
}

function errorsOf(schema: RequestSchemaName, body: unknown): readonly FieldError[] {
  return refusal(schema, body).errors;
}

describe('validateBody', () => {
  it('answers the body itself when it fits', () => {
    for (const name of [
      'CreateMaskGroupRequest',
      'SignUploadRequest',
      'SignUploadsRequest',
      'CompleteRequest',
    ] as const) {
      expect(validateBody(name, examples[name])).to.equal(examples[name]);
    }
    expect(validateBody('UpdateMaskGroupRequest', {})).to.deep.equal({});
  });

  it('takes null for every optional field', () => {
    const nothing = { group_name: null, model_name: null, version: null, modality: null, slice_count: null };
    validateBody('CreateMaskGroupRequest', { ...nothing, mask_type: null, description: null });
    validateBody('SignUploadRequest', { ...FILE, checksum: null, slice_index: null, sop_instance_uid: null });
    validateBody('SignUploadRequest', { ...FILE, content_encoding: null, filename: null, width: null, height: null });
    validateBody('CompleteRequest', { uploaded_files: ['a'], slice_count: null, labels: null, replace: null });
    validateBody('SignDownloadRequest', { ttl_seconds: null });
  });

  it('points at the field and says what it must be', () => {
    const error = refusal('SignUploadsRequest', { files: [FILE, { ...FILE, file_size: 0 }] });
    expect(error.code).to.equal('invalid-request');
    expect(error.errors).to.deep.equal([
      { path: '/files/1/file_size', code: 'invalid-request', message: 'file_size must be an integer of at least 1' },
    ]);
  });

  it('points at a field that is missing', () => {
    expect(errorsOf('SignUploadRequest', {})).to.deep.equal([
      {
        path: '/mime_type',
        code: 'invalid-request',
        message: 'mime_type is required: a text of at most 255 characters',
      },
      { path: '/file_size', code: 'invalid-request', message: 'file_size is required: an integer of at least 1' },
    ]);
  });

  it('lists everything that is wrong', () => {
    const body = { files: [{ ...FILE, slice_index: -1, width: 0 }, { mime_type: 3 }], ttl_seconds: 3601 };
    expect(errorsOf('SignUploadsRequest', body).map(({ path }) => path)).to.deep.equal([
      '/files/0/slice_index',
      '/files/0/width',
      '/files/1/mime_type',
      '/files/1/file_size',
      '/ttl_seconds',
    ]);
  });

  const wrong: [string, RequestSchemaName, object, string][] = [
    ['a fraction', 'SignUploadRequest', { ...FILE, file_size: 1.5 }, 'file_size must be an integer of at least 1'],
    ['a text', 'SignUploadRequest', { ...FILE, file_size: '1' }, 'file_size must be an integer of at least 1'],
    ['a null', 'SignUploadRequest', { ...FILE, file_size: null }, 'file_size must be an integer of at least 1'],
    ['2^53', 'SignUploadRequest', { ...FILE, file_size: 2 ** 53 }, 'file_size must be an integer of at least 1'],
    [
      'infinity',
      'SignUploadRequest',
      JSON.parse('{"mime_type":"a","file_size":1e999}'),
      'file_size must be an integer',
    ],
    [
      '2^31',
      'SignUploadRequest',
      { ...FILE, slice_index: 2 ** 31 },
      'slice_index must be an integer from 0 to 2147483647',
    ],
    ['0 slices', 'CreateMaskGroupRequest', { slice_count: 0 }, 'slice_count must be an integer from 1 to 2147483647'],
    [
      'a long text',
      'CreateMaskGroupRequest',
      { group_name: 'é'.repeat(129) },
      'group_name must be a text of at most 128',
    ],
    ['63 digits', 'SignUploadRequest', { ...FILE, checksum: 'a'.repeat(63) }, 'checksum must be a SHA-256'],
    ['a line end', 'SignUploadRequest', { ...FILE, checksum: `${'a'.repeat(64)}\n` }, 'checksum must be a SHA-256'],
    [
      'a leading zero',
      'SignUploadRequest',
      { ...FILE, sop_instance_uid: '1.02' },
      'sop_instance_uid must be a DICOM UID',
    ],
    [
      'a single number',
      'SignUploadRequest',
      { ...FILE, sop_instance_uid: '12' },
      'sop_instance_uid must be a DICOM UID',
    ],
    [
      '65 characters',
      'SignUploadRequest',
      { ...FILE, sop_instance_uid: `1.${'2'.repeat(63)}` },
      'sop_instance_uid must be',
    ],
    ['an encoding', 'SignUploadRequest', { ...FILE, content_encoding: 'br' }, 'content_encoding must be gzip'],
    ['no files', 'SignUploadsRequest', { files: [] }, 'files must be an array of 1 to 1000 items'],
    ['1001 files', 'SignUploadsRequest', { files: new Array(1001).fill(FILE) }, 'files must be an array of 1 to 1000'],
    ['an object', 'SignUploadsRequest', { files: { 0: FILE } }, 'files must be an array of 1 to 1000 items'],
    ['a file that is none', 'SignUploadsRequest', { files: [null] }, 'each of files must be a JSON object'],
    [
      'a path with NUL',
      'CompleteRequest',
      { uploaded_files: ['a\0'] },
      'each of uploaded_files must be a file_path or',
    ],
    [
      'a number',
      'CompleteRequest',
      { uploaded_files: ['a'], labels: [1] },
      'each of labels must be a text of at most 64',
    ],
    ['a truthy text', 'CompleteRequest', { uploaded_files: ['a'], replace: 'yes' }, 'replace must be true or false'],
  ];
  for (const [what, schema, body, message] of wrong) {
    it(`refuses ${what}: ${message}`, () => {
      const errors = errorsOf(schema, body);
      expect(errors).to.have.length(1);
      expect(errors[0]?.message).to.satisfy((text: string) => text.startsWith(message), errors[0]?.message);
    });
  }

  it('counts characters, not UTF-16 units', () => {
    validateBody('CreateMaskGroupRequest', { group_name: '𠮷'.repeat(128) });
  });

  it('refuses a body that is no object', () => {
    for (const body of [undefined, null, [], 'text', 3, true]) {
      expect(errorsOf('CreateMaskGroupRequest', body)).to.deep.equal([
        { path: '', code: 'invalid-request', message: 'the body must be a JSON object' },
      ]);
    }
  });

  it('names an unknown property that is a plain word, and the ones there are', () => {
    expect(errorsOf('SignDownloadRequest', { ttl: 60 })).to.deep.equal([
      { path: '/ttl', code: 'invalid-request', message: 'unknown property ttl; known are ttl_seconds' },
    ]);
    expect(errorsOf('SignDownloadRequest', JSON.parse('{"__proto__": 1}'))[0]?.path).to.equal('/__proto__');
    expect(errorsOf('SignDownloadRequest', { constructor: 1 })[0]?.path).to.equal('/constructor');
  });

  it('never repeats a value, nor a property name that could hold an identifier', () => {
    const secret = 'KIM^CHEOLSU-8001011234567';
    const bodies: [RequestSchemaName, object][] = [
      ['SignUploadRequest', { ...FILE, [secret]: 1, [`${secret}/~`]: 2 }],
      ['SignUploadRequest', { ...FILE, checksum: secret, sop_instance_uid: secret, file_size: secret }],
      ['SignUploadsRequest', { files: [{ ...FILE, [secret]: 1, content_encoding: secret }] }],
      ['CompleteRequest', { uploaded_files: [`${secret} `], labels: secret }],
    ];
    for (const [schema, body] of bodies) {
      const error = refusal(schema, body);
      expect(error.errors).not.to.have.length(0);
      expect(JSON.stringify([error.message, error.errors]))
        .not.to.contain('KIM')
        .and.not.to.contain('800101');
    }
    expect(errorsOf('SignDownloadRequest', { [secret]: 1, [`${secret}2`]: 2 })).to.have.length(1);
  });

  it('stops at 20 errors', () => {
    expect(errorsOf('CompleteRequest', { uploaded_files: new Array(1000).fill(1) })).to.have.length(20);
  });

  it('answers a hostile batch without holding up the server', () => {
    const unknown = Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`unknown${index}`, 1]));
    const files = Array.from({ length: 1000 }, () => ({ ...FILE, ...unknown }));
    refusal('SignUploadsRequest', { files: [{}] });
    const times = Array.from({ length: 3 }, () => {
      const start = performance.now();
      expect(errorsOf('SignUploadsRequest', { files })).to.have.length(20);
      return performance.now() - start;
    });
    expect(Math.min(...times)).to.be.below(50);
  });
});
