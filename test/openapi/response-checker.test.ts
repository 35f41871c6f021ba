import { expect } from 'chai';
import { examples } from '../../openapi/examples.js';
import { expectProblem, expectResponseMatches, operations } from '../support/openapi.js';

const PROBLEM = {
  type: 'about:blank',
  title: 'Mask not found',
  status: 404,
  detail: 'There is no such mask.',
  code: 'mask-not-found',
};

describe('the response checker of the HTTP tests', () => {
  it('takes what the document says', () => {
    expectResponseMatches('getMask', 200, 'application/json; charset=utf-8', examples.Mask);
    expectResponseMatches('getMask', 404, 'application/problem+json', PROBLEM);
    expectResponseMatches('deleteMask', 204, null, undefined);
    expectResponseMatches(
      'createMaskGroup',
      201,
      'application/json',
      examples.MaskGroup,
      new Headers({ location: '/7' }),
    );
    expectProblem(405, 'application/problem+json', { ...PROBLEM, status: 405, code: 'method-not-allowed' });
  });

  const wrong: [string, () => void, string][] = [
    [
      'an unknown operation',
      () => expectResponseMatches('getMasks', 200, null, null),
      'getMasks is not an operationId',
    ],
    ['a status', () => expectResponseMatches('getMask', 201, 'application/json', {}), 'has only 200,400,401,403,404'],
    [
      'a media type',
      () => expectResponseMatches('getMask', 200, 'text/html', examples.Mask),
      'expected application/json',
    ],
    ['a body', () => expectResponseMatches('deleteMask', 204, null, { ok: true }), 'expected no body'],
    [
      'another code',
      () => expectResponseMatches('getMaskGroup', 404, 'application/problem+json', PROBLEM),
      'mask-group-not-found, got mask-not-found',
    ],
    [
      'another status inside',
      () => expectResponseMatches('getMask', 404, 'application/problem+json', { ...PROBLEM, status: 400 }),
      'says status 400',
    ],
    [
      'a missing header',
      () => expectResponseMatches('createMaskGroup', 201, 'application/json', examples.MaskGroup, new Headers()),
      'the header Location is missing',
    ],
    [
      'a missing property',
      () => expectResponseMatches('getMask', 200, 'application/json', { ...examples.Mask, id: undefined }),
      "must have required property 'id'",
    ],
    [
      'an undocumented property',
      () => expectResponseMatches('getMask', 200, 'application/json', { ...examples.Mask, secret: 1 }),
      'must NOT have additional properties',
    ],
    [
      'an undocumented property deep inside',
      () =>
        expectResponseMatches('listMasks', 200, 'application/json', {
          ...examples.MaskList,
          masks: [{ ...examples.Mask, secret: 1 }],
        }),
      'must NOT have additional properties',
    ],
    [
      'a time that is not UTC',
      () =>
        expectResponseMatches('getMask', 200, 'application/json', { ...examples.Mask, created_at: '2026-01-01 00:00' }),
      'must match format "date-time"',
    ],
  ];
  for (const [what, check, message] of wrong) {
    it(`refuses ${what} that the document does not have`, () => {
      expect(check).to.throw(message);
    });
  }

  it('lists the operations', () => {
    expect(operations()).to.deep.include({
      operationId: 'getMask',
      method: 'get',
      path: '/annotations/{annotation_id}/masks/{mask_id}',
    });
  });
});
