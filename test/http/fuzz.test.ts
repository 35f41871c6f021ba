import { expect } from 'chai';
import fc from 'fast-check';
import { openApiFragment } from '../../openapi/document.js';
import { type ApiAnswer, fileFor, newGroup, startHost, type TestHost, upload } from '../support/host.js';
import { memoryHeld } from '../support/memory.js';
import { png } from '../support/png.js';

const REQUESTS = Number(process.env.FUZZ_REQUESTS ?? 10_000);
const AT_ONCE = 16;

/** A request that is malformed somewhere: in its path, its query, its headers, its JSON, or what the JSON says. */
interface Malformed {
  operation: Operation;
  ids: [string, string];
  query: [string, string][];
  contentType: string | null;
  body: unknown;
  /** Cuts or garbles the JSON text. */
  garble: { at: number; with: string } | null;
}

interface Operation {
  operationId: string;
  method: string;
  path: string;
  example: unknown;
}

describe('malformed requests', () => {
  let host: TestHost;
  before(async () => {
    host = await startHost({ store: 'filesystem' });
    const group = await newGroup(host);
    const [signed] = await upload(host, group, [{ bytes: png(), file: { slice_index: 0 } }]);
    await host.api('POST', `${group}/complete`, { uploaded_files: [signed?.upload_id] });
  });
  after(() => host.close());

  it(`are answered ${REQUESTS} times with neither a 5xx, a hang nor a growing heap`, async function () {
    this.timeout(300_000);
    // the same requests every time, so that a failure is news about the change; FUZZ_SEED tries others
    const seed = Number(process.env.FUZZ_SEED ?? 873);
    const requests = fc.sample(malformed(), { numRuns: REQUESTS, seed });
    const statuses = new Map<number, number>();
    let slowest = 0;
    let next = 0;
    const run = async (until: number) => {
      await Promise.all(
        Array.from({ length: AT_ONCE }, async () => {
          while (next < until) {
            const request = requests[next++] as Malformed;
            const answer = await send(host, request);
            host.asked.length = 0; // the test host's own memory of requests
            statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
            slowest = Math.max(slowest, answer.milliseconds);
            if (answer.status >= 500) {
              throw new Error(
                `seed ${seed}: ${answer.status} ${JSON.stringify(answer.body)} to ${JSON.stringify(request)}`,
              );
            }
          }
        }),
      );
    };
    await run(Math.floor(REQUESTS / 2));
    const half = memoryHeld().heapUsed;
    await run(REQUESTS);
    const grown = memoryHeld().heapUsed - half;
    expect([...statuses.values()].reduce((sum, count) => sum + count, 0)).to.equal(REQUESTS);
    expect(slowest, 'milliseconds of the slowest answer').to.be.below(10_000);
    expect(grown, 'bytes of heap that the second half left behind').to.be.below(20 * 2 ** 20);
    // the fuzzer is worth something only if it gets past the first check now and then
    for (const status of [400, 404, 415]) expect(statuses.get(status) ?? 0, `answers of ${status}`).to.be.above(0);
    expect((await host.api('GET', '/annotations/1/mask-groups')).status).to.equal(200);
  });
});

function operations(): Operation[] {
  return Object.entries(openApiFragment('0').paths ?? {}).flatMap(([path, item]) =>
    Object.entries(item as Record<string, Record<string, unknown>>).map(([method, operation]) => {
      const { content } = (operation.requestBody ?? {}) as { content?: Record<string, { example?: unknown }> };
      const example = content?.['application/json']?.example;
      return { operationId: String(operation.operationId), method: method.toUpperCase(), path, example };
    }),
  );
}

/** Values that break things elsewhere. */
const nasty = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    0,
    -0,
    -1,
    1.5,
    2 ** 31,
    2 ** 53,
    1e308,
    '',
    ' ',
    '\0',
    '\ud800',
    '\u202egnp.exe',
    '../../etc/passwd',
    "'; drop table annotation_mask; --",
    '{{7*7}}',
    '%00',
    'a'.repeat(100_000),
    [],
    {},
    [[[[[[]]]]]],
    { toString: 'x' },
    JSON.parse('{"__proto__": {"admin": true}}'),
    { constructor: { prototype: {} } },
  ),
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc.integer(),
  fc.double(),
  fc.array(fc.string(), { maxLength: 5 }),
  fc.json().map((text) => JSON.parse(text) as unknown),
);

const id = fc.oneof(
  fc.constantFrom('1', '2', '1', '0', '-1', '01', '1e3', '9'.repeat(30), '%00', '%zz', '%', '%2f', 'null'),
  fc
    .string({ minLength: 1, maxLength: 20 })
    .filter((text) => !/^\.+$/.test(text)) // a client resolves these itself
    .map(encodeURIComponent),
);

function malformed(): fc.Arbitrary<Malformed> {
  return fc.constantFrom(...operations()).chain((operation) =>
    fc.record({
      operation: fc.constant(operation),
      // mostly real ids, or nothing would get past the path; but what is deleted is not there for the others
      ids:
        operation.method === 'DELETE'
          ? fc.tuple(id, id).filter((ids) => !ids.every((one) => one === '1'))
          : fc.oneof(
              { weight: 3, arbitrary: fc.constant<[string, string]>(['1', '1']) },
              { weight: 1, arbitrary: fc.tuple(id, id) },
            ),
      query: fc.array(
        fc.tuple(
          fc.constantFrom(
            'limit',
            'cursor',
            'include',
            'label_name',
            'slice_index',
            'sop_instance_uid',
            'modality',
            'x',
          ),
          fc.oneof(fc.string({ unit: 'binary', maxLength: 50 }), fc.constantFrom('0', '-1', '1e9', 'W10', '')),
        ),
        { maxLength: 2 },
      ),
      contentType: fc.oneof(
        { weight: 8, arbitrary: fc.constant('application/json') },
        {
          weight: 1,
          arbitrary: fc.constantFrom(null, 'text/plain', 'application/json; charset=utf-16', 'multipart/form-data'),
        },
      ),
      body: operation.example === undefined ? nasty : mutated(operation.example),
      garble: fc.option(fc.record({ at: fc.nat(2000), with: fc.constantFrom('', '\0', '{', '"', '\\', 'ÿ') }), {
        freq: 8,
      }),
    }),
  );
}

/** The example of the document with one to three of its parts replaced, removed, doubled or added to. */
function mutated(example: unknown): fc.Arbitrary<unknown> {
  const change = fc.record({ where: fc.nat(1000), how: fc.nat(3), value: nasty });
  return fc.array(change, { minLength: 1, maxLength: 3 }).map((changes) => {
    const root = { body: structuredClone(example) };
    for (const { where, how, value } of changes) {
      const places = placesIn(root);
      const place = places[where % places.length];
      if (!place) continue;
      const { holder, key } = place;
      // a copy of its own: the same object in two places could come to hold itself
      if (how === 0) holder[key] = structuredClone(value);
      else if (how === 1) delete holder[key];
      else if (how === 2 && Array.isArray(holder)) holder.push(structuredClone(holder[Number(key)]));
      else holder[`${key}_`] = structuredClone(value);
    }
    return root.body;
  });
}

function placesIn(node: object): { holder: Record<string, unknown>; key: string }[] {
  return Object.entries(node).flatMap(([key, value]) => [
    { holder: node as Record<string, unknown>, key },
    ...(typeof value === 'object' && value !== null ? placesIn(value) : []),
  ]);
}

async function send(host: TestHost, request: Malformed): Promise<ApiAnswer> {
  const { operation, ids, query, contentType, body, garble } = request;
  const left: string[] = [...ids];
  const path = operation.path.replace(/\{\w+\}/g, () => left.shift() ?? '1');
  const search = query.length > 0 ? `?${new URLSearchParams(query)}` : '';
  const takesBody = operation.method === 'POST' || operation.method === 'PATCH';
  if (!takesBody) return host.api(operation.method, path + search);
  const text = JSON.stringify(body) ?? '';
  const raw = garble ? text.slice(0, garble.at) + garble.with + text.slice(garble.at + 1) : text;
  return host.api(operation.method, path + search, undefined, { raw, contentType });
}

describe('object keys', () => {
  it('never hold anything that a client sent', async function () {
    this.timeout(60_000);
    const host = await startHost({ store: 'filesystem', router: { nameGuard: () => null } });
    try {
      const group = await newGroup(host, { group_name: 'groupnamesent', model_name: 'modelnamesent' });
      const token = fc.string({ unit: fc.constantFrom(...'ghjkmnpqrstuvwxyz'), minLength: 6, maxLength: 20 });
      await fc.assert(
        fc.asyncProperty(token, token, token, async (label, file, uid) => {
          const { body } = await host.api('POST', `${group}/signed-url`, {
            ...fileFor(png()),
            label_name: label,
            filename: `${file}.png`,
            sop_instance_uid: `1.2.${[...uid].map((letter) => letter.charCodeAt(0)).join('')}`.slice(0, 64),
          });
          expect(body.file_path).to.match(/^mask\/[0-9a-f]{12}\/\d+\/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.png$/);
          for (const sent of [label, file, 'groupnamesent', 'modelnamesent'])
            expect(body.file_path).to.not.contain(sent);
        }),
        { numRuns: 100 },
      );
    } finally {
      await host.close();
    }
  });
});
