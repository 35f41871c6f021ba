import { expect } from 'chai';
import { isMaskUploadError, type MaskUploadError } from '../../src/domain/errors.js';
import {
  parseIncludeQuery,
  parseListMaskGroupsQuery,
  parseListMasksQuery,
  parseListUploadsQuery,
} from '../../src/domain/query.js';

const groups = (query: string) => parseListMaskGroupsQuery(new URLSearchParams(query));
const uploads = (query: string) => parseListUploadsQuery(new URLSearchParams(query));
const masks = (query: string) => parseListMasksQuery(new URLSearchParams(query));

function refusal(parse: () => unknown): MaskUploadError {
  try {
    parse();
  } catch (error) {
    if (isMaskUploadError(error)) return error;
    throw error;
  }
  throw new Error('the query was taken');
}

describe('the query of a list', () => {
  it('has defaults', () => {
    expect(groups('')).to.deep.equal({ limit: 50 });
    expect(uploads('')).to.deep.equal({ limit: 100 });
    expect(masks('')).to.deep.equal({ limit: 100, include_download_url: false });
  });

  it('is read in full', () => {
    expect(groups('limit=200&cursor=abc&modality=CT&mask_type=lesion&model_name=liver%20net')).to.deep.equal({
      limit: 200,
      cursor: 'abc',
      modality: 'CT',
      mask_type: 'lesion',
      model_name: 'liver net',
    });
    expect(masks('limit=1&label_name=liver&slice_index=0&sop_instance_uid=1.2.3&include=download_url')).to.deep.equal({
      limit: 1,
      label_name: 'liver',
      slice_index: 0,
      sop_instance_uid: '1.2.3',
      include_download_url: true,
    });
    expect(uploads('limit=1000&cursor=abc')).to.deep.equal({ limit: 1000, cursor: 'abc' });
    expect(parseIncludeQuery(new URLSearchParams('include=download_url'))).to.deep.equal({
      include_download_url: true,
    });
  });

  it('finds text however it was composed', () => {
    expect(masks(`label_name=${encodeURIComponent('fe\u0301mur')}`).label_name).to.equal('f\u00e9mur');
  });

  const wrong: [() => unknown, string][] = [
    [() => groups('modalty=CT'), 'unknown query parameter modalty; this path takes limit, cursor, modality,'],
    [() => groups('patient_12345678=1'), 'unknown query parameter; this path takes'],
    [() => groups('label_name=liver'), 'unknown query parameter label_name'],
    [() => parseIncludeQuery(new URLSearchParams('limit=1')), 'unknown query parameter limit; this path takes include'],
    [() => groups('modality=CT&modality=MR'), 'query parameter modality must be given once'],
    [() => uploads('label_name=liver'), 'unknown query parameter label_name; this path takes limit, cursor'],
    [() => uploads('limit=1001'), 'query parameter limit must be an integer from 1 to 1000'],
    [() => groups('limit=0'), 'query parameter limit must be an integer from 1 to 200'],
    [() => groups('limit=201'), 'query parameter limit must be an integer from 1 to 200'],
    [() => masks('limit=1001'), 'query parameter limit must be an integer from 1 to 1000'],
    ...['', '+1', '01', '1.0', '1e2', ' 1', '0x10', '-1', '９', '99999999999'].map((limit): [() => unknown, string] => [
      () => masks(`limit=${encodeURIComponent(limit)}`),
      'query parameter limit must be an integer from 1 to 1000',
    ]),
    [() => masks('slice_index=-0'), 'query parameter slice_index must be an integer from 0 to 2147483647'],
    [() => masks('slice_index=2147483648'), 'query parameter slice_index must be an integer from 0 to 2147483647'],
    [() => masks('label_name='), 'query parameter label_name must be 1 to 64 characters'],
    [() => masks('label_name=a%00'), 'query parameter label_name must be 1 to 64 characters'],
    [() => masks(`label_name=${'a'.repeat(65)}`), 'query parameter label_name must be 1 to 64 characters'],
    [() => masks(`label_name=${'a'.repeat(1e6)}`), 'query parameter label_name must be 1 to 64 characters'],
    [() => masks('sop_instance_uid=1.02'), 'query parameter sop_instance_uid must be a DICOM UID'],
    [() => masks('include=everything'), 'query parameter include must be download_url'],
    [() => masks('include='), 'query parameter include must be download_url'],
  ];
  for (const [parse, message] of wrong) {
    it(`is refused: ${message}`, () => {
      const error = refusal(parse);
      expect(error.code).to.equal('invalid-request');
      expect(error.message.startsWith(message), error.message).to.equal(true);
      expect(error.errors).to.deep.equal([{ path: '', code: 'invalid-request', message: error.message }]);
    });
  }

  it('is refused as invalid-cursor when the cursor cannot be ours', () => {
    expect(refusal(() => groups('cursor=')).code).to.equal('invalid-cursor');
    expect(refusal(() => masks(`cursor=${'a'.repeat(2000)}`)).code).to.equal('invalid-cursor');
  });
});
