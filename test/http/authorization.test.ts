import type { ServerResponse } from 'node:http';
import { expect } from 'chai';
import type { AccessRequest, Auth, Principal } from '../../src/index.js';
import { type ApiAnswer, fileFor, newGroup, startHost, type TestHost, upload } from '../support/host.js';
import { type OperationEntry, operations } from '../support/openapi.js';
import { png } from '../support/png.js';
import { allRows } from '../support/rows.js';

/** What a call is about, with a file that waits there to be completed and an upload that nobody completes. */
interface Place {
  annotation_id: number;
  group_id: number;
  mask_id: number;
  upload_id: string;
  pending: string;
}

/** How to call each operation so that it succeeds, and what it is to the host's `authorize`. */
const CALLS: Record<string, { action: AccessRequest['action']; status: number; body?(place: Place): unknown }> = {
  createMaskGroup: { action: 'write', status: 201, body: () => ({ group_name: 'Second reader' }) },
  listMaskGroups: { action: 'read', status: 200 },
  getMaskGroup: { action: 'read', status: 200 },
  getMaskGroupArchive: { action: 'read', status: 200 },
  updateMaskGroup: { action: 'write', status: 200, body: () => ({ description: 'Changed' }) },
  signUpload: { action: 'write', status: 200, body: () => fileFor(png()) },
  signUploads: { action: 'write', status: 200, body: () => ({ files: [fileFor(png())] }) },
  listUploads: { action: 'read', status: 200 },
  renewUpload: { action: 'write', status: 200, body: () => ({}) },
  giveUpUpload: { action: 'write', status: 204 },
  completeUpload: { action: 'write', status: 200, body: ({ pending }) => ({ uploaded_files: [pending] }) },
  listMasks: { action: 'read', status: 200 },
  getMask: { action: 'read', status: 200 },
  signMaskDownload: { action: 'read', status: 200, body: () => ({}) },
  getMaskContent: { action: 'read', status: 302 },
  deleteMask: { action: 'delete', status: 204 },
  deleteMaskGroup: { action: 'delete', status: 204 },
};

const NO_UPLOAD = '0198f3a2-6c1e-7d4b-9a53-2f0c8e7b1d64';

function entryOf({ operationId }: OperationEntry) {
  const entry = CALLS[operationId];
  if (!entry) throw new Error(`${operationId} is in the OpenAPI document but not in this test: add it to CALLS`);
  return entry;
}

function pathOf({ path }: OperationEntry, place: Place): string {
  return path.replace(/\{(\w+)\}/g, (_, name: keyof Place) => encodeURIComponent(place[name]));
}

/** The operations that destroy nothing first, so that one place serves them all. */
const inOrder = [...operations()].sort((a, b) => rank(a) - rank(b));
function rank(operation: OperationEntry): number {
  return CALLS[operation.operationId] ? Object.keys(CALLS).indexOf(operation.operationId) : -1;
}

describe('authorization', () => {
  let host: TestHost;
  let mine: Place;
  let sibling: Place;
  let foreign: Place;

  before(async () => {
    host = await startHost({ store: 'filesystem', router: { maintenance: false } });
    mine = await makePlace(host, 1);
    sibling = await makePlace(host, 1);
    foreign = await makePlace(host, 2);
  });
  after(() => host.close());

  const call = (operation: OperationEntry, place: Place, as: string | null = 'anna', on = host) =>
    on.api(operation.method.toUpperCase(), pathOf(operation, place), entryOf(operation).body?.(place), { as });

  /** Makes the calls and shows that none of them changed a row. */
  async function withoutChange<T>(work: () => Promise<T>): Promise<T> {
    const rows = await allRows(host.knex);
    const result = await work();
    expect(await allRows(host.knex)).to.deep.equal(rows, 'something was changed');
    return result;
  }

  it('has every operation of the OpenAPI document in its table, and no other', () => {
    expect(operations().map(({ operationId }) => operationId)).to.have.members(Object.keys(CALLS));
  });

  for (const operation of inOrder) {
    describe(operation.operationId, () => {
      const hasGroup = operation.path.includes('{group_id}');
      const hasMask = operation.path.includes('{mask_id}');
      const hasUpload = operation.path.includes('{upload_id}');

      it('answers 404 for an annotation that does not exist', async () => {
        const answer = await withoutChange(() => call(operation, { ...mine, annotation_id: 999_999 }));
        expectProblem(answer, 404, 'annotation-not-found');
      });

      it('answers 401 with WWW-Authenticate to nobody', async () => {
        const answer = await withoutChange(() => call(operation, mine, null));
        expectProblem(answer, 401, 'unauthenticated');
        expect(answer.headers.get('www-authenticate')).to.match(/^\w+/);
      });

      it('answers 403 to somebody without permission, whether or not there is such a group, mask or upload', async () => {
        await withoutChange(async () => {
          expectProblem(await call(operation, mine, 'zoe'), 403, 'forbidden');
          const nowhere = { ...mine, group_id: 999_999, mask_id: 999_999, upload_id: NO_UPLOAD };
          expectProblem(await call(operation, nowhere, 'zoe'), 403, 'forbidden');
        });
      });

      if (hasGroup || hasMask) {
        it('answers 404 for what belongs to another annotation', async () => {
          await withoutChange(async () => {
            expectNotFound(await call(operation, { ...mine, annotation_id: foreign.annotation_id }));
            expectNotFound(await call(operation, { ...foreign, annotation_id: mine.annotation_id }));
          });
        });

        it('answers 404 for ids that do not exist', async () => {
          await withoutChange(async () => {
            if (hasGroup) expectNotFound(await call(operation, { ...mine, group_id: 999_999 }));
            if (hasMask) expectNotFound(await call(operation, { ...mine, mask_id: 999_999 }));
          });
        });
      }

      if (hasUpload) {
        it('answers 404 for an upload that does not exist, or belongs to another group', async () => {
          await withoutChange(async () => {
            for (const upload_id of [NO_UPLOAD, sibling.upload_id, foreign.upload_id]) {
              expectProblem(await call(operation, { ...mine, upload_id }), 404, 'upload-not-found');
            }
          });
        });
      }

      if (entryOf(operation).action !== 'read') {
        it('answers 403 to somebody who may only read', async () => {
          expectProblem(await withoutChange(() => call(operation, mine, 'ben')), 403, 'forbidden');
        });
      }

      it('asks authorize what it does to what, and then does it', async () => {
        const { action, status } = entryOf(operation);
        host.asked.length = 0;
        const answer = await call(operation, mine, action === 'read' ? 'ben' : 'anna');
        expect(answer.status).to.equal(status, JSON.stringify(answer.body));
        const [{ req, ...asked } = {} as AccessRequest, ...more] = host.asked;
        expect(asked).to.deep.equal({
          action,
          operation: operation.operationId,
          annotationId: mine.annotation_id,
          ...(hasGroup && { groupId: mine.group_id }),
          ...(hasMask && { maskId: mine.mask_id }),
        });
        expect(req.headers).to.have.property('authorization');
        expect(more).to.deep.equal([]);
      });
    });
  }

  it('asks for "delete" besides "write" before it replaces a mask', async () => {
    const auth: Partial<Auth> = {
      authorize: (_, access) => asked.push(access.action) > 0 && access.action === 'write',
    };
    const asked: string[] = [];
    const writer = await startHost({ store: 'filesystem', auth, router: { maintenance: false } });
    try {
      const path = await newGroup(writer);
      const file = { slice_index: 0, label_name: 'liver' };
      const [old] = await upload(writer, path, [{ bytes: png({ value: 1 }), file }]);
      const first = await writer.api('POST', `${path}/complete`, { uploaded_files: [old?.upload_id] });
      expect(first.status).to.equal(200);
      const [fresh] = await upload(writer, path, [{ bytes: png({ value: 2 }), file }]);

      const rows = await allRows(writer.knex);
      asked.length = 0;
      for (const replace of [true, 'yes', 1, {}]) {
        const body = { uploaded_files: [fresh?.upload_id], replace };
        expectProblem(await writer.api('POST', `${path}/complete`, body), 403, 'forbidden');
      }
      expect(asked).to.deep.equal(['write', 'delete', 'write', 'delete', 'write', 'delete', 'write', 'delete']);
      expect(await allRows(writer.knex)).to.deep.equal(rows);
      for (const replace of [false, null]) {
        const body = { uploaded_files: [fresh?.upload_id], replace };
        expectProblem(await writer.api('POST', `${path}/complete`, body), 409, 'slice-exists');
      }
    } finally {
      await writer.close();
    }
  });

  it('finds a file only in the group that it was signed for, by key and by id', async () => {
    const group = await newGroup(host);
    const bytes = png({ value: 77 });
    const places = { sibling: await newGroup(host), foreign: await newGroup(host, {}, 2) };
    for (const [where, path] of Object.entries(places)) {
      const [pending, done] = await upload(host, path, [{ bytes }, { bytes }]);
      const { body } = await host.api('POST', `${path}/complete`, { uploaded_files: [done?.upload_id] });
      expect(body.processed_masks).to.equal(1);
      await withoutChange(async () => {
        for (const file of [pending?.file_path, pending?.upload_id, done?.file_path, done?.upload_id]) {
          const answer = await host.api('POST', `${group}/complete`, { uploaded_files: [file] });
          expectProblem(answer, 404, 'upload-not-found');
          expect(answer.body.errors[0].path).to.equal('/uploaded_files/0', where);
        }
      });
    }
  });

  describe('with a host whose callbacks are odd', () => {
    let answer: () => unknown = () => true;
    let who: () => unknown = () => ({ userId: 'anna' });
    let passedOn: unknown[] = [];
    let fellThrough = 0;
    let odd: TestHost;
    before(async () => {
      odd = await startHost({
        store: 'filesystem',
        database: host.database,
        prepared: true,
        router: { maintenance: false },
        auth: { authenticate: () => who() as Principal, authorize: () => answer() as boolean },
        after: [
          (_req: unknown, res: ServerResponse) => {
            fellThrough++;
            res.writeHead(418, { 'x-answered-by': 'host' }).end();
          },
          (error: unknown, _req: unknown, res: ServerResponse, _next: unknown) => {
            passedOn.push(error);
            res.writeHead(599, { 'x-answered-by': 'host' }).end();
          },
        ],
      });
    });
    beforeEach(() => {
      answer = () => true;
      who = () => ({ userId: 'anna' });
      passedOn = [];
      fellThrough = 0;
    });
    after(() => odd.close());

    const values = [
      1,
      'yes',
      'true',
      {},
      [],
      [true],
      undefined,
      null,
      0,
      '',
      new Boolean(true),
      Promise.resolve('true'),
    ];
    for (const value of [...values, () => true]) {
      it(`does not take ${value instanceof Promise ? 'a promise of "true"' : typeof value} ${String(value)} for permission`, async () => {
        answer = () => value;
        await withoutChange(async () => {
          for (const operation of inOrder) {
            expectProblem(await call(operation, sibling, 'anna', odd), 403, 'forbidden');
          }
        });
      });
    }

    for (const nobody of [null, undefined, Promise.resolve(null), Promise.resolve(undefined)]) {
      it(`takes ${nobody instanceof Promise ? 'a promise of nobody' : String(nobody)} for nobody`, async () => {
        who = () => nobody;
        answer = () => expect.fail('authorize must not be asked about nobody');
        expectProblem(await call(operationOf('listMasks'), sibling, 'anna', odd), 401, 'unauthenticated');
      });
    }

    it('permits by a promise of true', async () => {
      answer = () => Promise.resolve(true);
      expect((await call(operationOf('listMasks'), sibling, 'anna', odd)).status).to.equal(200);
    });

    const errors = {
      'an Error': new Error('the session store is down'),
      'an error with a status': Object.assign(new Error('teapot'), { status: 418 }),
      'a URIError': new URIError('URI malformed'),
      'a URIError that looks like one of Express': new URIError("Failed to decode param '%'"),
      'something that is no Error': { reason: 'because' },
    };
    for (const [what, error] of Object.entries(errors)) {
      for (const callback of ['authenticate', 'authorize'] as const) {
        it(`hands ${what} that ${callback} throws, at once or later, to the host's error handler`, async () => {
          for (const fail of [() => Promise.reject(error), throwIt]) {
            if (callback === 'authenticate') who = fail;
            else answer = fail;
            await withoutChange(async () => {
              expect((await call(operationOf('deleteMaskGroup'), sibling, 'anna', odd)).status).to.equal(599);
            });
          }
          expect(passedOn).to.have.length(2);
          expect(passedOn.every((passed) => passed === error)).to.equal(true);
        });

        function throwIt(): never {
          throw error;
        }
      }
    }

    for (const nothing of [undefined, null, false, '', 'route', 'router']) {
      it(`does not let a request go on to the host's next handler because ${JSON.stringify(nothing)} was thrown`, async () => {
        answer = () => Promise.reject(nothing);
        expect((await call(operationOf('deleteMaskGroup'), sibling, 'anna', odd)).status).to.equal(599);
        expect(fellThrough).to.equal(0);
        expect(passedOn[0]).to.be.instanceOf(Error).with.property('cause', nothing);
      });
    }
  });
});

function operationOf(operationId: string): OperationEntry {
  const operation = operations().find((one) => one.operationId === operationId);
  if (!operation) throw new Error(`no ${operationId}`);
  return operation;
}

async function makePlace(host: TestHost, annotation_id: number): Promise<Place> {
  const path = await newGroup(host, { slice_count: 2 }, annotation_id);
  const [done, pending, waiting] = await upload(host, path, [
    { bytes: png({ value: 1 }), file: { slice_index: 0 } },
    { bytes: png({ value: 2 }), file: { slice_index: 1 } },
    { bytes: png({ value: 3 }), file: { slice_index: 2 } },
  ]);
  const { body } = await host.api('POST', `${path}/complete`, { uploaded_files: [done?.upload_id] });
  const { id: mask_id, mask_group_id: group_id } = body.masks[0];
  return { annotation_id, group_id, mask_id, upload_id: waiting?.upload_id ?? '', pending: pending?.upload_id ?? '' };
}

function expectProblem(answer: ApiAnswer, status: number, code: string): void {
  expect({ status: answer.status, code: answer.body?.code }).to.deep.equal({ status, code });
  expect(answer.headers.get('content-type')).to.equal('application/problem+json');
}

function expectNotFound(answer: ApiAnswer): void {
  expect(answer.body?.code).to.be.oneOf(['mask-group-not-found', 'mask-not-found']);
  expectProblem(answer, 404, answer.body.code);
}
