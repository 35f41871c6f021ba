import { expect } from 'chai';
import fc from 'fast-check';
import {
  DEFAULT_MIME_TYPES,
  findMimeType,
  keyExtension,
  type MimeTypeOption,
  resolveMimeTypes,
} from '../../src/domain/mime-types.js';

describe('resolveMimeTypes', () => {
  it('accepts the default types when the host says nothing', () => {
    expect([...resolveMimeTypes().keys()]).to.deep.equal([
      'image/png',
      'application/dicom',
      'application/vnd.nifti',
      'application/x-nifti',
      'application/x-nrrd',
      'application/json',
    ]);
  });

  it('accepts its own defaults as configuration', () => {
    expect([...resolveMimeTypes(DEFAULT_MIME_TYPES)]).to.deep.equal([...resolveMimeTypes()]);
  });

  it('narrows to the default types that are named, upper or lower case', () => {
    expect([...resolveMimeTypes(['image/png', 'Application/DICOM']).keys()]).to.deep.equal([
      'image/png',
      'application/dicom',
    ]);
  });

  it('adds types with their extensions, unchecked unless told otherwise', () => {
    const types = resolveMimeTypes(['image/png', { name: 'Application/X-MetaImage', extensions: ['mha'] }]);
    expect(types.get('application/x-metaimage')).to.deep.equal({
      name: 'application/x-metaimage',
      extensions: ['mha'],
      content: 'any',
    });
    expect(
      resolveMimeTypes([{ name: 'application/geo+json', extensions: ['geojson'], content: 'json' }]).get(
        'application/geo+json',
      )?.content,
    ).to.equal('json');
  });

  it('keeps checking the bytes of a default type that gets other extensions', () => {
    expect(
      resolveMimeTypes([{ name: 'application/dicom', extensions: ['dcm', 'dicom'] }]).get('application/dicom')?.content,
    ).to.equal('dicom');
  });

  const allowed = [
    'application/octet-stream',
    'image/tiff',
    'image/jp2',
    'application/zip',
    'application/gzip',
    'text/csv',
    'text/plain',
    'application/vnd.hdf5',
    'model/stl',
    'application/pdf',
  ];
  for (const name of allowed) {
    it(`allows ${name}`, () => expect(resolveMimeTypes([{ name, extensions: ['bin'] }]).has(name)).to.equal(true));
  }

  const active = [
    ...[
      'text/html',
      'TEXT/HTML',
      'image/svg+xml',
      'image/svg',
      'application/xhtml+xml',
      'text/xml',
      'application/xml',
      'application/rss+xml',
    ],
    ...[
      'application/javascript',
      'text/javascript',
      'application/x-javascript',
      'application/ecmascript',
      'text/ecmascript',
      'text/css',
    ],
    ...[
      'multipart/related',
      'multipart/x-mixed-replace',
      'message/rfc822',
      'application/x-shockwave-flash',
      'application/x-mimearchive',
    ],
    ...[
      'text/vbscript',
      'application/hta',
      'application/x-httpd-php',
      'application/java-archive',
      'application/mathml+xml',
      'text/xsl',
    ],
  ];
  for (const name of active) {
    it(`refuses ${name}, which a browser could run`, () => {
      expect(() => resolveMimeTypes([{ name, extensions: ['bin'] }])).to.throw(Error, /is refused/);
    });
  }

  const wrong: Record<string, [unknown, RegExp]> = {
    'an empty list': [[], /list is empty/],
    'something that is no list': ['image/png', /pass an array/],
    'a type that it does not know, without extensions': [['image/tiff'], /pass \{ name: 'image\/tiff'/],
    'a wildcard': [['image/*'], /not a MIME type/],
    'any type': [['*/*'], /not a MIME type/],
    'a parameter': [['image/png; charset=binary'], /without parameters/],
    'no subtype': [['image'], /not a MIME type/],
    'an empty name': [[''], /not a MIME type/],
    'white space': [[' image/png'], /not a MIME type/],
    'a line break': [['image/png\n'], /not a MIME type/],
    'two slashes': [['image/png/x'], /not a MIME type/],
    'not a name at all': [[42], /not a MIME type/],
    null: [[null], /not a MIME type/],
    'a name twice': [['image/png', 'IMAGE/PNG'], /listed twice/],
    'no extensions': [[{ name: 'image/tiff' }], /needs extensions/],
    'an empty list of extensions': [[{ name: 'image/tiff', extensions: [] }], /needs extensions/],
    'an extension with a leading dot': [[{ name: 'image/tiff', extensions: ['.tif'] }], /without the leading dot/],
    'an extension in capitals': [[{ name: 'image/tiff', extensions: ['TIF'] }], /lower case/],
    'an extension with a slash': [[{ name: 'image/tiff', extensions: ['a/b'] }], /not an extension/],
    'an extension that climbs': [[{ name: 'image/tiff', extensions: ['a..b'] }], /not an extension/],
    'an empty extension': [[{ name: 'image/tiff', extensions: [''] }], /not an extension/],
    'a very long extension': [[{ name: 'image/tiff', extensions: ['x'.repeat(17)] }], /at most 16/],
    'an extension that is a number': [[{ name: 'image/tiff', extensions: [7] }], /not an extension/],
    'an html extension': [[{ name: 'application/x-foo', extensions: ['html'] }], /can be run/],
    'a double svg extension': [[{ name: 'application/x-foo', extensions: ['foo.svg'] }], /can be run/],
    'a php extension': [[{ name: 'application/x-foo', extensions: ['php5'] }], /can be run/],
    'an unknown kind of content': [
      [{ name: 'image/tiff', extensions: ['tif'], content: 'tiff' }],
      /must be one of png, dicom/,
    ],
    'a kind that only looks known': [
      [{ name: 'image/tiff', extensions: ['tif'], content: 'constructor' }],
      /must be one of/,
    ],
  };
  for (const [what, [option, message]] of Object.entries(wrong)) {
    it(`refuses ${what}`, () => {
      expect(() => resolveMimeTypes(option as MimeTypeOption[]))
        .to.throw(Error, message)
        .with.property('message')
        .that.match(/^mimeTypes: /);
    });
  }
});

describe('findMimeType', () => {
  const types = resolveMimeTypes();
  it('does not care about upper and lower case', () => {
    expect(findMimeType(types, 'Image/PNG')?.name).to.equal('image/png');
  });
  for (const value of [
    'image/png; charset=x',
    'image/png;',
    ' image/png',
    'image/png ',
    'image/jpeg',
    '',
    'image/*',
    'constructor',
    '__proto__',
  ]) {
    it(`does not find ${JSON.stringify(value)}`, () => expect(findMimeType(types, value)).to.equal(undefined));
  }
});

describe('keyExtension', () => {
  const types = resolveMimeTypes();
  const extension = (name: string, filename?: string, encoding?: 'gzip') => {
    const type = types.get(name);
    return type ? keyExtension(type, filename, encoding) : expect.fail(name);
  };

  it('is the first of the type unless the file name says another', () => {
    expect(extension('image/png')).to.equal('png');
    expect(extension('application/dicom')).to.equal('dcm');
    expect(extension('application/x-nrrd', 'a.seg.nrrd')).to.equal('nrrd');
    expect(extension('application/x-nifti')).to.equal('nii.gz');
    expect(extension('application/x-nifti', 'a.nii')).to.equal('nii');
    expect(extension('application/x-nifti', 'A.NII')).to.equal('nii');
    expect(extension('application/vnd.nifti', 'a.nii.gz')).to.equal('nii.gz');
  });

  it('names the decoded file when a content encoding does the packing', () => {
    expect(extension('application/x-nifti', undefined, 'gzip')).to.equal('nii');
    expect(extension('application/x-nifti', 'a.nii.gz', 'gzip')).to.equal('nii');
    expect(extension('application/json', 'a.json', 'gzip')).to.equal('json');
  });

  it('always comes out of the table, whatever the file name is', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...types.values()),
        fc.string({ unit: 'binary' }),
        fc.constantFrom(undefined, 'gzip' as const),
        (type, filename, encoding) => {
          expect(type.extensions).to.include(keyExtension(type, filename, encoding));
          expect(type.extensions).to.include(keyExtension(type, `${filename}.${type.extensions[0]}`, encoding));
        },
      ),
    );
  });
});
