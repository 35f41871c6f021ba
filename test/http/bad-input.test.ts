import { randomBytes } from 'node:crypto';
import { request, type ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import {
  type ApiAnswer,
  type CallOptions,
  maskPath,
  newGroup,
  startHost,
  type TestHost,
  upload,
} from '../support/host.js';
import { png } from '../support/png.js';
import { allRows, insertGroup, insertMasks } from '../support/rows.js';

const GROUPS = '/annotations/1/mask-groups';
const FILE = { mime_type: 'image/png', file_size: 100 };

/** `[what is sent, body, pointer]` or, where it is not `invalid-request`, `[…, pointer, status, code]`. */
type Case = [what: string, body: unknown, pointer: string, status?: number | undefined, code?: string | undefined];

/** A value that must not come back: unlikely to stand in any message of ours. */
const SECRET = 'Zyxwvut';

const NOT_OBJECTS: Case[] = [
  ['null', null, ''],
  ['an array', [], ''],
  ['a string', `${SECRET}`, ''],
  ['a number', 1, ''],
  ['true', true, ''],
];

const GUARDED = ['group_name', 'model_name', 'version', 'description'] as const;
const UNSAFE = ['Zyxwvut^Anna', 'zyxwvut@example.org', 'MRN 12345678', '850101-1234567', 'patient 4711', '0123456789'];

/** What no stored text may hold, whatever the field. */
const UNSTORABLE = {
  'a NUL': `${SECRET}\u0000`,
  'a lone surrogate': `${SECRET}\ud800`,
  'a bidirectional override': `\u202e${SECRET}`,
  'a zero-width joiner': `${SECRET}\u200d`,
  'a line separator': `${SECRET}\u2028`,
  'an escape sequence': `\u001b[31m${SECRET}`,
};

/** Fields of a file that cannot be signed. */
const FILES: [what: string, fields: Record<string, unknown>, field: string, status?: number, code?: string][] = [
  ['no MIME type', { mime_type: undefined }, 'mime_type'],
  ['a null MIME type', { mime_type: null }, 'mime_type'],
  ['an unknown MIME type', { mime_type: `image/${SECRET}` }, 'mime_type', 400, 'unsupported-mime-type'],
  ['SVG', { mime_type: 'image/svg+xml' }, 'mime_type', 400, 'unsupported-mime-type'],
  ['a name of Object.prototype as MIME type', { mime_type: '__proto__' }, 'mime_type', 400, 'unsupported-mime-type'],
  ['no size', { file_size: undefined }, 'file_size'],
  ['a size of 0', { file_size: 0 }, 'file_size'],
  ['a negative size', { file_size: -1 }, 'file_size'],
  ['half a byte', { file_size: 0.5 }, 'file_size'],
  ['a size as text', { file_size: '100' }, 'file_size'],
  ['a size of 5 TB', { file_size: 5e12 }, 'file_size', 413, 'file-too-large'],
  ['a size of 1e308', { file_size: 1e308 }, 'file_size'],
  ['a checksum that is too short', { checksum: 'abc' }, 'checksum'],
  ['a checksum that is no hex', { checksum: 'g'.repeat(64) }, 'checksum'],
  ['a negative slice', { slice_index: -1 }, 'slice_index'],
  ['a slice of 2^31', { slice_index: 2 ** 31 }, 'slice_index'],
  ['a slice as text', { slice_index: '1' }, 'slice_index'],
  ['a slice that is true', { slice_index: true }, 'slice_index'],
  ['a UID of 65 characters', { sop_instance_uid: `1.${'2'.repeat(63)}` }, 'sop_instance_uid'],
  ['a UID with a leading zero', { sop_instance_uid: '1.02.3' }, 'sop_instance_uid'],
  ['a UID that ends in a dot', { sop_instance_uid: '1.2.' }, 'sop_instance_uid'],
  ['a UID with a line feed after it', { sop_instance_uid: '1.2.3\n' }, 'sop_instance_uid'],
  ['a UID of letters', { sop_instance_uid: `1.2.${SECRET}` }, 'sop_instance_uid'],
  ['a width of 0', { width: 0 }, 'width'],
  ['a height of 1.5', { height: 1.5 }, 'height'],
  ['gzip for a PNG', { content_encoding: 'gzip' }, 'content_encoding'],
  ['another encoding', { content_encoding: 'br' }, 'content_encoding'],
  ['a label with a backslash', { label_name: `a\\${SECRET}` }, 'label_name'],
  ['a label of 65 characters', { label_name: 'x'.repeat(65) }, 'label_name'],
  ['an empty label', { label_name: '' }, 'label_name'],
  ['a label of white space', { label_name: ' \t ' }, 'label_name'],
  ['a filename with a folder', { filename: `${SECRET}/mask.png` }, 'filename'],
  ['a filename that climbs', { filename: `..${SECRET}.png` }, 'filename'],
  ['a filename with a blank', { filename: `${SECRET} 1.png` }, 'filename'],
  ['a filename with another extension', { filename: `${SECRET}.jpg` }, 'filename'],
  ['a filename without an extension', { filename: SECRET }, 'filename'],
  ['a filename of 129 characters', { filename: `${'x'.repeat(125)}.png` }, 'filename'],
  ['a filename that is an identifier', { filename: 'zyxwvut_12345678.png' }, 'filename', 400, 'unsafe-name'],
  ...UNSAFE.slice(0, 4).map((name): (typeof FILES)[0] => [
    `an unsafe label`,
    { label_name: name },
    'label_name',
    400,
    'unsafe-name',
  ]),
  ...Object.entries(UNSTORABLE).flatMap(([what, text]): typeof FILES => [
    [`a label with ${what}`, { label_name: text }, 'label_name'],
    [`a filename with ${what}`, { filename: `${text}.png` }, 'filename'],
    [`a MIME type with ${what}`, { mime_type: text }, 'mime_type', 400, 'unsupported-mime-type'],
    [`a UID with ${what}`, { sop_instance_uid: text }, 'sop_instance_uid'],
    [`a checksum with ${what}`, { checksum: text }, 'checksum'],
  ]),
  ['an unknown property', { colour: SECRET }, 'colour'],
  ['a group’s property', { file_path: `mask/${SECRET}` }, 'file_path'],
];

const GROUP_FIELDS: Case[] = [
  ...NOT_OBJECTS,
  ...GUARDED.flatMap((field): Case[] => [
    ...UNSAFE.map((name): Case => [`an unsafe ${field}`, { [field]: name }, `/${field}`, 400, 'unsafe-name']),
    ...Object.entries(UNSTORABLE).map(
      ([what, text]): Case => [`a ${field} with ${what}`, { [field]: text }, `/${field}`],
    ),
    [`a ${field} that is a number`, { [field]: 1 }, `/${field}`],
    [`a ${field} that is an object`, { [field]: { [SECRET]: 1 } }, `/${field}`],
    [`a ${field} that is an array`, { [field]: [SECRET] }, `/${field}`],
    [`a ${field} that is empty`, { [field]: '' }, `/${field}`],
    [`a ${field} that is too long`, { [field]: 'x '.repeat(1200) }, `/${field}`],
  ]),
  ['a modality in lower case', { modality: SECRET }, '/modality'],
  ['a modality of 17 characters', { modality: 'A'.repeat(17) }, '/modality'],
  ['a modality with a NUL', { modality: 'CT\u0000' }, '/modality'],
  ['a mask_type with a bidirectional character', { mask_type: `\u2066${SECRET}` }, '/mask_type'],
  ['a slice_count of 0', { slice_count: 0 }, '/slice_count'],
  ['a slice_count of -1', { slice_count: -1 }, '/slice_count'],
  ['a slice_count of 1.5', { slice_count: 1.5 }, '/slice_count'],
  ['a slice_count of 2^31', { slice_count: 2 ** 31 }, '/slice_count'],
  ['a slice_count of 1e308', { slice_count: 1e308 }, '/slice_count'],
  ['a slice_count as text', { slice_count: '10' }, '/slice_count'],
  ['a misspelt field', { groupname: SECRET }, '/groupname'],
  ['a field of the answer', { annotation_id: 2 }, '/annotation_id'],
  ['a field of the answer', { created_by: SECRET }, '/created_by'],
  ['the name of a method', { constructor: SECRET }, '/constructor'],
  ['the name of a method', { toString: SECRET }, '/toString'],
];

const TTLS: Case[] = [0, -1, 1.5, 3601, '600', 1e308, [600], {}].map((ttl_seconds): Case => {
  return [`a TTL of ${JSON.stringify(ttl_seconds)}`, { ttl_seconds }, '/ttl_seconds'];
});

describe('bad input', () => {
  let host: TestHost;
  let group: string;
  let mask: string;
  let rows: Awaited<ReturnType<typeof allRows>>;
  const pending = { file_path: '', upload_id: '' };

  before(async () => {
    host = await startHost({ store: 'filesystem', router: { maintenance: false } });
    group = await newGroup(host, { slice_count: 3 });
    const [first] = await upload(host, group, [{ bytes: png() }]);
    Object.assign(pending, first);
    const id = Number(group.split('/').at(-1));
    const [maskId] = await insertMasks(host.knex, id, [{ slice_index: 0, label_name: 'liver' }]);
    mask = maskPath(group, String(maskId));
    // the file is verified before any refusal is: that alone a refused completion keeps
    const refused = await host.api('POST', `${group}/complete`, {
      uploaded_files: [pending.file_path],
      labels: ['none'],
    });
    expectRefusal(refused, 409, 'labels-mismatch', '/labels');
    rows = await allRows(host.knex);
  });
  after(() => host.close());
  afterEach(async () => {
    expect(await allRows(host.knex)).to.deep.equal(rows, 'a refused request changed something');
  });

  function expectRefusal(answer: ApiAnswer, status: number, code: string, pointer?: string): void {
    const { body } = answer;
    expect({ status: answer.status, code: body?.code }).to.deep.equal({ status, code }, JSON.stringify(body));
    expect(answer.headers.get('content-type')).to.equal('application/problem+json');
    expect(JSON.stringify(body).toLowerCase()).not.to.contain(SECRET.toLowerCase());
    if (pointer !== undefined) {
      expect(body.errors[0], JSON.stringify(body)).to.include({ path: pointer, code });
      expect(body.errors).to.have.length.at.most(20);
    }
  }

  async function expectCase(method: string, path: string, [, body, pointer, status = 400, code]: Case) {
    expectRefusal(await host.api(method, path, body), status, code ?? 'invalid-request', pointer);
  }

  describe('in a group', () => {
    for (const one of GROUP_FIELDS) {
      it(`refuses to create one from ${one[0]} ${JSON.stringify(one[1]).slice(0, 40)}`, () =>
        expectCase('POST', GROUPS, one));
    }
    it('refuses all the same in a change', async () => {
      for (const one of GROUP_FIELDS) await expectCase('PATCH', group, one);
    });
  });

  describe('in a file to sign', () => {
    for (const [what, fields, field, status, code] of FILES) {
      it(`refuses ${what}, alone and in a batch`, async () => {
        const file = { ...FILE, ...fields };
        await expectCase('POST', `${group}/signed-url`, [what, file, `/${field}`, status, code]);
        const files = [FILE, FILE, file];
        await expectCase('POST', `${group}/signed-urls`, [what, { files }, `/files/2/${field}`, status, code]);
      });
    }
    for (const one of NOT_OBJECTS) {
      it(`refuses ${one[0]} as the body or as a file`, async () => {
        await expectCase('POST', `${group}/signed-url`, one);
        await expectCase('POST', `${group}/signed-urls`, one);
        await expectCase('POST', `${group}/signed-urls`, [one[0], { files: one[1] }, '/files']);
        await expectCase('POST', `${group}/signed-urls`, [one[0], { files: [FILE, one[1]] }, '/files/1']);
      });
    }
    for (const [what, ttl, pointer] of TTLS) {
      it(`refuses ${what}`, async () => {
        await expectCase('POST', `${group}/signed-url`, [what, { ...FILE, ...(ttl as object) }, pointer]);
        await expectCase('POST', `${group}/signed-urls`, [what, { files: [FILE], ...(ttl as object) }, pointer]);
        await expectCase('POST', `${mask}/download-url`, [what, ttl, pointer]);
      });
    }
    it('refuses no files, no list of files, and 1001 files', async () => {
      await expectCase('POST', `${group}/signed-urls`, ['', { files: [] }, '/files']);
      await expectCase('POST', `${group}/signed-urls`, ['', {}, '/files']);
      await expectCase('POST', `${group}/signed-urls`, [
        '',
        { files: Array.from({ length: 1001 }, () => FILE) },
        '/files',
      ]);
    });
    it('refuses the same slice and label twice in one request, however it is spelt', async () => {
      const slots: [object, object][] = [
        [{ slice_index: 1 }, { slice_index: 1 }],
        [{ slice_index: 1 }, { slice_index: 1, label_name: null, sop_instance_uid: '1.2.3' }],
        [
          { slice_index: 1, label_name: 'leber' },
          { slice_index: 1, label_name: ' leber ' },
        ],
        [
          { slice_index: 1, label_name: 'b\u00fcndel' },
          { slice_index: 1, label_name: 'bu\u0308ndel' },
        ],
        [{ sop_instance_uid: '1.2.3' }, { sop_instance_uid: '1.2.3' }],
      ];
      for (const [one, other] of slots) {
        const files = [
          { ...FILE, ...one },
          { ...FILE, slice_index: 0 },
          { ...FILE, ...other },
        ];
        await expectCase('POST', `${group}/signed-urls`, ['', { files }, '/files/2']);
      }
    });
    it('lists at most 20 errors of 1000 bad files', async () => {
      const files = Array.from({ length: 1000 }, () => ({ ...FILE, label_name: `MRN 1234567 ${SECRET}` }));
      const answer = await host.api('POST', `${group}/signed-urls`, { files });
      expectRefusal(answer, 400, 'unsafe-name', '/files/0/label_name');
      expect(answer.body.errors).to.have.length(20);
    });
  });

  describe('in files to complete', () => {
    const complete = (body: unknown) => host.api('POST', `${group}/complete`, body);
    for (const one of NOT_OBJECTS) {
      it(`refuses ${one[0]} as the body or as a file`, async () => {
        await expectCase('POST', `${group}/complete`, one);
        if (typeof one[1] === 'string') return;
        await expectCase('POST', `${group}/complete`, ['', { uploaded_files: one[1] }, '/uploaded_files']);
        await expectCase('POST', `${group}/complete`, ['', { uploaded_files: [one[1]] }, '/uploaded_files/0']);
      });
    }
    it('refuses no file and 1001 files', async () => {
      expectRefusal(await complete({}), 400, 'invalid-request', '/uploaded_files');
      expectRefusal(await complete({ uploaded_files: [] }), 400, 'invalid-request', '/uploaded_files');
      const uploaded_files = Array.from({ length: 1001 }, (_, index) => `mask/${SECRET}/${index}.png`);
      expectRefusal(await complete({ uploaded_files }), 400, 'invalid-request', '/uploaded_files');
    });
    it('refuses the same file twice: by key, by id, and once by each', async () => {
      const { file_path, upload_id } = pending;
      for (const uploaded_files of [
        [file_path, file_path],
        [upload_id, upload_id],
        [file_path, upload_id],
        [upload_id, file_path],
      ]) {
        expectRefusal(await complete({ uploaded_files }), 400, 'invalid-request', '/uploaded_files/1');
      }
    });
    it('does not find what was never signed here', async () => {
      for (const file of [
        SECRET,
        `../../${SECRET}`,
        `mask/${SECRET}/1/x.png`,
        `${pending.file_path}/${SECRET}`,
        pending.file_path.slice(0, -4),
        pending.file_path.toUpperCase(),
        '01890000-0000-7000-8000-000000000000',
        "'/**/OR/**/1=1--",
        '%',
        '?',
        `https://example.org/${SECRET}`,
      ]) {
        expectRefusal(await complete({ uploaded_files: [file] }), 404, 'upload-not-found', '/uploaded_files/0');
      }
    });
    it('refuses what no key can hold', async () => {
      const files = [...Object.values(UNSTORABLE), '', ' ', `${SECRET} ${SECRET}`, 'x'.repeat(1025), 'ü'];
      for (const file of files) {
        const uploaded_files = [pending.file_path, file];
        expectRefusal(await complete({ uploaded_files }), 400, 'invalid-request', '/uploaded_files/1');
      }
    });
    it('refuses wrong expectations', async () => {
      const uploaded_files = [pending.file_path];
      const cases: [object, string][] = [
        [{ slice_count: 0 }, '/slice_count'],
        [{ slice_count: '3' }, '/slice_count'],
        [{ labels: 'liver' }, '/labels'],
        [{ labels: [1] }, '/labels/0'],
        [{ labels: Array.from({ length: 1001 }, (_, index) => `${index}`) }, '/labels'],
        [{ replace: 'no' }, '/replace'],
        [{ overwrite: true }, '/overwrite'],
      ];
      for (const [expectations, pointer] of cases) {
        expectRefusal(await complete({ uploaded_files, ...expectations }), 400, 'invalid-request', pointer);
      }
    });
    it('takes labels that nothing can be called for labels that are not there', async () => {
      for (const text of Object.values(UNSTORABLE)) {
        const answer = await complete({ uploaded_files: [pending.file_path], labels: [text] });
        expectRefusal(answer, 409, 'labels-mismatch', '/labels');
      }
    });
  });

  describe('in the path', () => {
    const bad = [
      '0',
      '-1',
      '+1',
      '01',
      '1.0',
      '%201',
      '1%20',
      '0x1',
      '1e400',
      '1e0',
      '9223372036854775808',
      'NaN',
      'null',
    ];
    const worse = ['%00', '1%00', '%F0%9F%92%A9', "'%20OR%20'1'='1", '..%2f1', '９', '9'.repeat(5000), '٣'];
    for (const id of [...bad, ...worse, '99999999999999999999']) {
      it(`finds nothing under ${id.slice(0, 30)}`, async () => {
        expectRefusal(await host.api('GET', `/annotations/${id}/mask-groups`), 404, 'annotation-not-found');
        expectRefusal(await host.api('POST', `/annotations/${id}/mask-groups`, {}), 404, 'annotation-not-found');
        for (const rest of ['', '/masks']) {
          expectRefusal(await host.api('GET', `${GROUPS}/${id}${rest}`), 404, 'mask-group-not-found');
        }
        expectRefusal(await host.api('DELETE', `${GROUPS}/${id}`), 404, 'mask-group-not-found');
        expectRefusal(await host.api('GET', maskPath(group, id)), 404, 'mask-not-found');
        expectRefusal(await host.api('GET', `${maskPath(group, id)}/content`), 404, 'mask-not-found');
        expectRefusal(await host.api('DELETE', maskPath(group, id)), 404, 'mask-not-found');
      });
    }

    it('answers 400 to a % that is not followed by two hex digits, and to bytes that are not UTF-8', async () => {
      for (const id of ['%zz', '%', '%1', '%ff', '%c3%28', '%ed%a0%80']) {
        expectRefusal(await host.api('GET', `/annotations/${id}/mask-groups`), 400, 'invalid-request');
        expectRefusal(await host.api('GET', `${GROUPS}/${id}`), 400, 'invalid-request');
        expectRefusal(await host.api('GET', `${maskPath(group, id)}/content`), 400, 'invalid-request');
      }
    });

    it('leaves paths that are not its own to the host', async () => {
      const paths = [
        '/',
        '/annotations',
        '/annotations/1',
        '/nothing',
        '/%zz',
        `${GROUPS}/1/nothing`,
        `${mask}/content/1`,
      ];
      for (const path of paths) {
        const response = await fetch(`${host.url}/api${path}`, { headers: { authorization: 'Bearer anna' } });
        expect(response.status).to.equal(404, path);
        expect(await response.text()).to.contain('Cannot GET');
      }
    });

    it('does not mind a slash at the end', async () => {
      for (const path of [GROUPS, group, `${group}/masks`, mask]) {
        expect((await host.api('GET', `${path}/`)).status).to.equal(200, path);
      }
    });
  });

  describe('in the method', () => {
    const allowed: [path: () => string, allow: string[]][] = [
      [() => GROUPS, ['GET', 'HEAD', 'POST']],
      [() => group, ['GET', 'HEAD', 'PATCH', 'DELETE']],
      [() => `${group}/signed-url`, ['POST']],
      [() => `${group}/signed-urls`, ['POST']],
      [() => `${group}/complete`, ['POST']],
      [() => `${group}/masks`, ['GET', 'HEAD']],
      [() => mask, ['GET', 'HEAD', 'DELETE']],
      [() => `${mask}/download-url`, ['POST']],
      [() => `${mask}/content`, ['GET', 'HEAD']],
    ];
    it('answers 405 with Allow, whoever asks', async () => {
      for (const [path, allow] of allowed) {
        for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'SEARCH'].filter(
          (one) => !allow.includes(one),
        )) {
          const answer = await host.api(method, path(), method === 'GET' || method === 'HEAD' ? undefined : {}, {
            as: null,
          });
          expect(answer.status).to.equal(405, `${method} ${path()}`);
          if (method !== 'HEAD') expect(answer.body.code).to.equal('method-not-allowed');
          const listed = answer.headers.get('allow')?.split(', ');
          expect(listed?.filter((one) => one !== 'OPTIONS')).to.have.members(allow);
        }
      }
    });
    it('answers HEAD without a body, as its GET', async () => {
      for (const path of [GROUPS, group, `${group}/masks`, mask]) {
        const response = await fetch(`${host.url}/api${path}`, {
          method: 'HEAD',
          headers: { authorization: 'Bearer anna' },
        });
        expect(response.status).to.equal(200);
        expect(response.headers.get('content-type')).to.equal('application/json');
        expect(Number(response.headers.get('content-length'))).to.be.above(0);
        expect(await response.text()).to.equal('');
      }
    });
    it('leaves OPTIONS to the host', async () => {
      const cors = await startHost({
        database: host.database,
        prepared: true,
        router: { maintenance: false },
        after: [
          (req: { method: string }, res: ServerResponse, next: () => void) =>
            req.method === 'OPTIONS'
              ? res.writeHead(204, { 'x-answered-by': 'host', 'access-control-allow-methods': 'GET' }).end()
              : next(),
        ],
      });
      try {
        for (const path of [GROUPS, group, `${group}/complete`, mask, `${mask}/content`]) {
          const answer = await cors.api('OPTIONS', path, undefined, { as: null });
          expect(answer.status).to.equal(204);
          expect(answer.headers.get('access-control-allow-methods')).to.equal('GET');
        }
      } finally {
        await cors.close();
      }
    });
  });

  describe('in the query', () => {
    const lists = () => [GROUPS, `${group}/masks`];
    it('refuses limits that are none', async () => {
      for (const limit of [
        '0',
        '-1',
        '1001',
        '1.5',
        'abc',
        '',
        '01',
        '+5',
        '%205',
        '1e2',
        '0x5',
        '5&limit=5',
        '%00',
        '9'.repeat(400),
      ]) {
        for (const path of lists()) {
          expectRefusal(await host.api('GET', `${path}?limit=${limit}`), 400, 'invalid-request', '');
        }
      }
      expectRefusal(await host.api('GET', `${GROUPS}?limit=201`), 400, 'invalid-request', '');
    });
    it('refuses parameters it does not know', async () => {
      for (const query of [
        `${SECRET}=1`,
        'label=liver',
        'limit[]=5',
        'limit[a]=5',
        '__proto__=1',
        'constructor=1',
        'include=masks',
      ]) {
        for (const path of lists()) {
          const answer = await host.api('GET', `${path}?${query}`);
          expect(answer.status).to.equal(400, query);
          expect(answer.body.code).to.equal('invalid-request');
        }
        expect((await host.api('GET', `${mask}?${query}`)).status).to.equal(400, query);
      }
    });
    it('refuses filters that nothing can match, and repeated ones', async () => {
      const groups = [
        'modality=',
        'modality=%00',
        `mask_type=${SECRET}%00`,
        `model_name=${'x'.repeat(129)}`,
        'modality=CT&modality=MR',
      ];
      const masks = [
        'label_name=%00',
        `label_name=${'x'.repeat(65)}`,
        'slice_index=-1',
        'slice_index=1.5',
        'slice_index=2147483648',
      ];
      masks.push('slice_index=', 'slice_index=%00', 'sop_instance_uid=1.02', `sop_instance_uid=1.2.${SECRET}`);
      masks.push('sop_instance_uid=%00', 'label_name=a&label_name=a', 'include=', 'include=%00', `include=${SECRET}`);
      for (const query of groups)
        expectRefusal(await host.api('GET', `${GROUPS}?${query}`), 400, 'invalid-request', '');
      for (const query of masks)
        expectRefusal(await host.api('GET', `${group}/masks?${query}`), 400, 'invalid-request', '');
    });
    it('finds nothing, and does not fail, for filters that are merely odd', async () => {
      for (const text of [
        '%ff',
        '%ed%a0%80',
        '%zz',
        '%',
        '%e2%80%ae',
        "'%20OR%201=1%20--",
        '%25',
        '_',
        '\\',
        '%f0%9f%92%a9',
      ]) {
        const groups = await host.api('GET', `${GROUPS}?model_name=${text}`);
        expect(groups.body).to.deep.equal({ mask_groups: [], next_cursor: null });
        const masks = await host.api('GET', `${group}/masks?label_name=${text}`);
        expect(masks.body).to.deep.equal({ masks: [], total_count: 0, next_cursor: null });
      }
    });

    it('refuses cursors that are none of its own', async () => {
      const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
      const cursors = [
        '',
        'x',
        SECRET,
        '%00',
        encode(null),
        encode([]),
        encode({}),
        encode(['x', 1]),
        encode([1, [2]]),
        'x'.repeat(1025),
      ];
      for (const path of lists()) {
        for (const cursor of cursors) {
          expectRefusal(await host.api('GET', `${path}?cursor=${cursor}`), 400, 'invalid-cursor');
        }
      }
    });
    it('survives a URL of 10 kB', async () => {
      expectRefusal(await host.api('GET', `${GROUPS}?cursor=${'x'.repeat(10_000)}`), 400, 'invalid-cursor');
    });
  });

  describe('in the body', () => {
    const send = (options: CallOptions) => host.api('POST', GROUPS, undefined, options);

    it('refuses what is not JSON', async () => {
      for (const raw of [
        '{',
        '{"group_name": }',
        `{"group_name": "${SECRET}`,
        "{'a': 1}",
        '{"a":1}}',
        'undefined',
        '\u0000',
        'NaN',
        '{"a":01}',
        ' ',
      ]) {
        expectRefusal(await send({ raw }), 400, 'invalid-request');
      }
      expectRefusal(await send({ raw: Buffer.from([0xff, 0xfe, 0x7b, 0x00, 0x7d, 0x00]) }), 400, 'invalid-request');
      expectRefusal(await send({ raw: randomBytes(1000) }), 400, 'invalid-request');
    });
    it('refuses no body where one is needed', async () => {
      for (const [method, path] of [
        ['POST', GROUPS],
        ['PATCH', group],
        ['POST', `${group}/signed-url`],
        ['POST', `${group}/signed-urls`],
        ['POST', `${group}/complete`],
      ] as const) {
        expectRefusal(await host.api(method, path), 400, 'invalid-request', '');
      }
    });
    it('refuses other content types', async () => {
      const form = 'multipart/form-data; boundary=x';
      for (const contentType of [
        'text/plain',
        'application/x-www-form-urlencoded',
        form,
        'application/xml',
        'application/jsonp',
        'text/json',
        'application/octet-stream',
        'json',
        '',
      ]) {
        expectRefusal(await send({ raw: '{}', contentType }), 415, 'unsupported-media-type');
      }
      expectRefusal(await send({ raw: '{}', contentType: null }), 415, 'unsupported-media-type');
      for (const charset of ['utf-16', 'utf-16le', 'latin1', SECRET]) {
        const contentType = `application/json; charset=${charset}`;
        expectRefusal(await send({ raw: Buffer.from('{}', 'utf16le'), contentType }), 415, 'unsupported-media-type');
      }
    });
    it('refuses encodings that it cannot undo, and bodies that are not in theirs', async () => {
      const encoded = (encoding: string, raw: Buffer | string) =>
        send({ raw, headers: { 'content-encoding': encoding } });
      expectRefusal(await encoded('compress', '{}'), 415, 'unsupported-media-type');
      expectRefusal(await encoded(SECRET, '{}'), 415, 'unsupported-media-type');
      expectRefusal(await encoded('gzip', '{}'), 400, 'invalid-request');
      expectRefusal(await encoded('gzip', randomBytes(1000)), 400, 'invalid-request');
      expectRefusal(await encoded('gzip', gzipSync('{"group_name":"x"}').subarray(0, 20)), 400, 'invalid-request');
      expectRefusal(await encoded('deflate', 'x'), 400, 'invalid-request');
      expectRefusal(await encoded('br', 'x'), 400, 'invalid-request');
      expectRefusal(await encoded('gzip', gzipSync('{')), 400, 'invalid-request');
    });
    it('refuses a body of more than 2 MiB, with a length, chunked, or packed', async () => {
      const big = Buffer.from(`{"group_name":"${'x'.repeat(5_000_000)}"}`);
      expectRefusal(await send({ raw: big }), 413, 'body-too-large');
      expectRefusal(await send({ raw: new Blob([big]).stream() }), 413, 'body-too-large');
      expectRefusal(await send({ raw: gzipSync(big), headers: { 'content-encoding': 'gzip' } }), 413, 'body-too-large');
    });
    it('refuses a body that ends early', async () => {
      const status = await new Promise<string>((resolve) => {
        const call = request(`${host.url}/api${GROUPS}`, {
          method: 'POST',
          headers: { authorization: 'Bearer anna', 'content-type': 'application/json', 'content-length': '100' },
        });
        call.on('error', () => resolve('reset')).on('response', (response) => resolve(String(response.statusCode)));
        call.write('{"group_name":', () => call.destroy());
      });
      expect(status).to.equal('reset');
    });
    it('is not confused by the keys of Object.prototype', async () => {
      for (const key of ['__proto__', 'constructor', 'prototype', 'hasOwnProperty', 'toString']) {
        const raw = `{"${key}": {"group_name": "${SECRET}", "polluted": true}}`;
        expectRefusal(await send({ raw }), 400, 'invalid-request');
        const files = `{"files": [{"mime_type": "image/png", "file_size": 1, "${key}": {"slice_index": 1}}]}`;
        expectRefusal(
          await host.api('POST', `${group}/signed-urls`, undefined, { raw: files }),
          400,
          'invalid-request',
        );
      }
      expect(({} as Record<string, unknown>).polluted).to.equal(undefined);
    });
    it('refuses names of unknown properties that it cannot repeat without repeating them', async () => {
      for (const name of [
        `${SECRET}@example.org`,
        `a/~${SECRET}`,
        `\u202e${SECRET}`,
        `${SECRET} `.repeat(100),
        '\u0000',
        '\ud800',
      ]) {
        expectRefusal(await send({ raw: JSON.stringify({ [name]: 1 }) }), 400, 'invalid-request', '');
      }
    });
    it('refuses 100,000 nested arrays and objects', async () => {
      const arrays = '['.repeat(100_000) + ']'.repeat(100_000);
      const objects = `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`;
      for (const nested of [arrays, objects, `{"group_name":${arrays}}`, `{"x":${objects}}`]) {
        expectRefusal(await send({ raw: nested }), 400, 'invalid-request');
      }
      expectRefusal(
        await host.api('POST', `${group}/signed-urls`, undefined, { raw: `{"files":[${arrays}]}` }),
        400,
        'invalid-request',
      );
      expectRefusal(
        await host.api('POST', `${group}/complete`, undefined, { raw: `{"uploaded_files":${arrays}}` }),
        400,
        'invalid-request',
      );
    });
    it('refuses numbers beyond every bound', async () => {
      for (const number of ['1e308', '1e309', '-1e309', '9007199254740993', '9'.repeat(10_000), '1e-7', '-0.5']) {
        expectRefusal(await send({ raw: `{"slice_count":${number}}` }), 400, 'invalid-request', '/slice_count');
        const raw = `{"mime_type":"image/png","file_size":1,"slice_index":${number}}`;
        expectRefusal(
          await host.api('POST', `${group}/signed-url`, undefined, { raw }),
          400,
          'invalid-request',
          '/slice_index',
        );
      }
      const raw = '{"mime_type":"image/png","file_size":9007199254740993}';
      expectRefusal(
        await host.api('POST', `${group}/signed-url`, undefined, { raw }),
        400,
        'invalid-request',
        '/file_size',
      );
    });
  });

  describe('afterwards', () => {
    it('takes cursors of one list for no other, with no other filters, and not when tampered with', async () => {
      const other = await insertGroup(host.knex, { annotation_id: 2 });
      const mine = await insertGroup(host.knex, { modality: 'CT' });
      await insertMasks(host.knex, mine, [{ slice_index: 1 }, { slice_index: 2 }]);
      await insertMasks(host.knex, other, [{ slice_index: 1 }, { slice_index: 2 }]);
      try {
        const groups = (await host.api('GET', `${GROUPS}?limit=1`)).body.next_cursor;
        const masks = (await host.api('GET', `${GROUPS}/${mine}/masks?limit=1`)).body.next_cursor;
        expect((await host.api('GET', `${GROUPS}?cursor=${groups}`)).status).to.equal(200);
        expect((await host.api('GET', `${GROUPS}/${mine}/masks?cursor=${masks}`)).status).to.equal(200);
        const [head, ...position] = JSON.parse(Buffer.from(masks, 'base64url').toString());
        const tampered = (...parts: unknown[]) => Buffer.from(JSON.stringify([head, ...parts])).toString('base64url');
        const wrong = [
          `${GROUPS}?cursor=${masks}`,
          `${GROUPS}?modality=CT&cursor=${groups}`,
          `/annotations/2/mask-groups?cursor=${groups}`,
          `${GROUPS}/${mine}/masks?cursor=${groups}`,
          `${GROUPS}/${mine}/masks?slice_index=1&cursor=${masks}`,
          `/annotations/2/mask-groups/${other}/masks?cursor=${masks}`,
          `${GROUPS}/${mine}/masks?cursor=${masks.slice(1)}`,
          ...[
            [...position, 1],
            position.slice(1),
            ['1', ...position.slice(1)],
            [1e308, false, '', 1],
            [1, 'false', '', 1],
            [1, false, '\u0000', 1],
            [1, false, '', 1e20],
            [1, false, null, 1],
            [1, false, ['x'], 1],
          ].map((parts) => `${GROUPS}/${mine}/masks?cursor=${tampered(...parts)}`),
        ];
        for (const path of wrong) expectRefusal(await host.api('GET', path), 400, 'invalid-cursor');

        const [list] = JSON.parse(Buffer.from(groups, 'base64url').toString());
        for (const position of [
          ['2026-13-45T99:99:99.000000Z', 1],
          ['infinity', 1],
          ['0000-00-00T00:00:00.000000Z', 1],
          ['999999-01-01T00:00:00.000000Z', 1],
          ['2026-01-01T00:00:00.000000Z', 1.5],
          ['2026-01-01T00:00:00.000000Z', '1'],
          [null, 1],
        ]) {
          const cursor = Buffer.from(JSON.stringify([list, ...position])).toString('base64url');
          expectRefusal(await host.api('GET', `${GROUPS}?cursor=${cursor}`), 400, 'invalid-cursor');
        }
      } finally {
        await host.knex('annotation_mask_group').whereIn('id', [other, mine]).delete();
        await host.knex('annotation_mask_deletion').delete();
      }
    });

    it('takes what only looks bad, and still works after all that', async () => {
      const packed = await host.api('POST', GROUPS, undefined, {
        raw: gzipSync('{"group_name":"Leber, zweite Lesung 👩‍⚕️"}'.replace('\u200d', '')),
        headers: { 'content-encoding': 'gzip' },
      });
      expect(packed.status).to.equal(201, JSON.stringify(packed.body));
      const contentType = 'Application/JSON; charset=UTF-8';
      const typed = await host.api('POST', GROUPS, undefined, { raw: '\n{"slice_count":2147483647}', contentType });
      expect(typed.status).to.equal(201);
      const streamed = await host.api('POST', GROUPS, undefined, { raw: new Blob(['{"slice_count":1.0}']).stream() });
      expect(streamed.body.slice_count).to.equal(1);
      const nulls = { group_name: null, slice_count: null, mask_type: null, description: null };
      expect((await host.api('POST', GROUPS, nulls)).body).to.include({ slice_count: 1, mask_type: 'segmentation' });
      const file = { ...FILE, filename: null, checksum: null, label_name: null, content_encoding: null, width: null };
      expect((await host.api('POST', `${group}/signed-url`, { ...file, ttl_seconds: null })).status).to.equal(200);
      expect((await host.api('POST', `${mask}/download-url`)).status).to.equal(200);

      const done = await host.api('POST', `${group}/complete`, { uploaded_files: [pending.upload_id] });
      expect(done.body.processed_masks).to.equal(1);
      rows = await allRows(host.knex);
    });
  });
});
