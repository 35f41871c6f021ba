import { expect } from 'chai';
import express5 from 'express';
import express4 from 'express4';
import knexPackage, { type Knex } from 'knex';
import pg from 'pg';
import {
  type AccessRequest,
  createFilesystemStorage,
  createMaskUploadMaintenance,
  createMaskUploadRouter,
  createMaskUploadService,
  migrateMaskUpload,
  type SignedPut,
} from '../../src/index.js';
import { type ApiAnswer, fileFor, type HostOptions, maskPath, put, startHost, type TestHost } from '../support/host.js';
import { png } from '../support/png.js';
import { createHostTable, type FreshDatabase, freshDatabase, type HostKeyType } from '../support/postgres.js';
import { waitFor } from '../support/wait.js';

const SLICES = [0, 1, 2].map((value) => png({ value }));

/** The whole small job, through every kind of route; gives each answer's body without what differs from run to run. */
async function smallJob(host: TestHost, annotation: string | number = 1): Promise<unknown[]> {
  const bodies: unknown[] = [];
  const call = async (status: number, method: string, path: string, body?: unknown): Promise<ApiAnswer> => {
    const answer = await host.api(method, path, body);
    expect(answer.status).to.equal(status, `${method} ${path} ${JSON.stringify(answer.body)}`);
    bodies.push(steady(answer.body));
    return answer;
  };
  const groups = `/annotations/${encodeURIComponent(annotation)}/mask-groups`;
  const created = await call(201, 'POST', groups, { group_name: 'Lung', modality: 'CT', slice_count: 3 });
  const group = `${groups}/${created.body.id}`;
  expect(created.headers.get('location')).to.match(new RegExp(`${escaped(group)}$`));
  const located = await fetch(`${host.url}${created.headers.get('location')}`, {
    headers: { authorization: 'Bearer anna' },
  });
  expect(located.status).to.equal(200, 'Location leads to the group');
  await located.text();

  const signed = await call(200, 'POST', `${group}/signed-urls`, {
    files: SLICES.map((bytes, slice_index) => fileFor(bytes, { slice_index, label_name: 'lung' })),
  });
  const uploads: SignedPut[] = signed.body.uploads;
  for (const [index, upload] of uploads.entries()) expect(await put(upload, SLICES[index] as Buffer)).to.equal(200);
  const uploaded_files = uploads.map((upload) => upload.file_path);
  const completion = await call(200, 'POST', `${group}/complete`, { uploaded_files, slice_count: 3, labels: ['lung'] });
  await call(200, 'POST', `${group}/complete`, { uploaded_files });
  await call(200, 'PATCH', group, { description: 'All three slices', modality: null });
  await call(200, 'GET', group);
  await call(200, 'GET', `${groups}?model_name=none`);
  const page = await call(200, 'GET', `${group}/masks?limit=2`);
  await call(200, 'GET', `${group}/masks?limit=2&cursor=${page.body.next_cursor}`);
  const mask = maskPath(group, completion.body.masks[1].id);
  await call(200, 'GET', mask);
  const download = await call(200, 'POST', `${mask}/download-url`, {});
  const redirect = await call(302, 'GET', `${mask}/content`);
  for (const url of [download.body.download_url, redirect.headers.get('location')]) {
    const bytes = Buffer.from(await (await fetch(url)).arrayBuffer());
    expect(bytes.equals(SLICES[1] as Buffer)).to.equal(true);
  }
  await call(204, 'DELETE', mask);
  await call(404, 'GET', mask);
  await call(400, 'POST', `${group}/signed-url`, { mime_type: 'image/png', file_size: 0 });
  await call(204, 'DELETE', group);
  await call(404, 'DELETE', group);
  await call(200, 'GET', groups);
  await waitFor(async () => (await host.keys()).length === 0, { message: 'the objects to be deleted' });
  return bodies;
}

const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** Blanks ids, keys, URLs and times, after looking at their types; everything else must be the same everywhere. */
function steady(value: unknown, name = ''): unknown {
  if (Array.isArray(value)) return value.map((item) => steady(item));
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, steady(item, key)]));
  }
  const varies = /^(id|annotation_id|mask_group_id|upload_id|file_path|.*_url|.*_at|expires_in|next_cursor)$/.test(
    name,
  );
  return varies && value !== null ? `a ${typeof value}` : value;
}

describe('mounting', () => {
  let database: FreshDatabase;
  let expected: unknown[];
  before(async () => {
    database = await freshDatabase();
    const plain = await startHost({ database });
    expected = await smallJob(plain);
    await plain.close();
  });
  after(() => database.drop());

  async function withHost(options: HostOptions, work: (host: TestHost) => Promise<void>): Promise<void> {
    const host = await startHost({ database, prepared: true, ...options });
    try {
      await work(host);
    } finally {
      await host.close();
    }
  }

  const mounts = [
    { mount: '/' },
    { mount: '/api' },
    { mount: '/v1/pacs/:tenant', address: '/v1/pacs/north' },
    // names that our own paths use as well
    { mount: '/x/:annotation_id/:group_id/:mask_id', address: '/x/7/8/nine' },
  ];
  for (const express of [4, 5] as const) {
    for (const where of mounts) {
      for (const parser of [undefined, 'before', 'after'] as const) {
        it(`does the job in Express ${express} at ${where.mount}, the host's json() ${parser ?? 'missing'}`, () =>
          withHost({ express, ...where, ...(parser && { parser }) }, async (host) => {
            expect(await smallJob(host)).to.deep.equal(expected);
          }));
      }
    }

    const { raw, text, urlencoded, json } = express === 4 ? express4 : express5;
    const parsers = {
      "raw({ type: '*/*' })": [raw({ type: '*/*' })],
      "text({ type: '*/*' })": [text({ type: '*/*' })],
      'urlencoded() and json()': [urlencoded({ extended: true }), json()],
      'json() twice': [json(), json()],
      'text() and raw() for types of their own': [text(), raw()],
    };
    for (const [what, before] of Object.entries(parsers)) {
      it(`does the job in Express ${express} behind the host's ${what}`, () =>
        withHost({ express, before }, async (host) => {
          expect(await smallJob(host)).to.deep.equal(expected);
          const answer = await host.api('POST', '/annotations/1/mask-groups', undefined, {
            raw: '{}',
            contentType: 'text/plain',
          });
          expect(answer.body.code).to.equal('unsupported-media-type');
        }));
    }

    it(`says what is wrong when in Express ${express} something of the host's ate the body`, async () => {
      const events: unknown[] = [];
      const eat = (req: NodeJS.ReadableStream, _res: unknown, next: () => void) => void req.on('end', next).resume();
      await withHost(
        {
          express,
          before: [eat],
          router: { onEvent: (event) => event.type === 'request-failed' && events.push(event) },
        },
        async (host) => {
          const answer = await host.api('POST', '/annotations/1/mask-groups', {});
          expect(answer.status).to.equal(500);
          expect(events[0]).to.have.nested.property('error.message').that.contains('Mount the router before it');
        },
      );
    });
  }

  it('shows the parameters of the mount, and what the host put on the request, to the callbacks', () => {
    const asked: AccessRequest[] = [];
    const where = { mount: '/v1/pacs/:tenant', address: '/v1/pacs/north' };
    const login = (req: AccessRequest['req'], _: unknown, next: () => void) => {
      req.user = 'anna';
      next();
    };
    const auth = {
      authenticate: (req: AccessRequest['req']) => ({ userId: `${req.user}@${req.params.tenant}` }),
      authorize: (_: unknown, access: AccessRequest) => asked.push(access) > 0,
    } as HostOptions['auth'] & object;
    return withHost({ ...where, before: [login], auth }, async (host) => {
      const { body } = await host.api('POST', '/annotations/2/mask-groups', {});
      expect(body.created_by).to.equal('anna@north');
      expect(asked[0]?.req.params.tenant).to.equal('north');
    });
  });

  it('can be mounted twice, in a sub-application', async () => {
    const inner = express5();
    await withHost(
      { after: [], before: [(req: never, res: never, next: never) => inner(req, res, next)] },
      async (host) => {
        const router = createMaskUploadRouter({
          knex: database.knex,
          storage: host.storage,
          auth: { authenticate: () => ({ userId: 'inner' }), authorize: () => true },
        });
        inner.use('/inner/api', router);
        try {
          const response = await fetch(`${host.url}/inner/api/annotations/3/mask-groups`, {
            method: 'POST',
            headers: { 'content-type': 'application/json' },
            body: '{}',
          });
          expect(await response.json()).to.include({ created_by: 'inner', annotation_id: 3 });
          const { body } = await host.api('GET', '/annotations/3/mask-groups');
          expect(body.mask_groups[0].created_by).to.equal('inner');
        } finally {
          await router.close();
        }
      },
    );
  });

  describe('on a host whose knex or pg is set up its own way', () => {
    const snake = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    const camel = (name: string) => name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
    const rewrite = (value: unknown, rename: (name: string) => string): unknown => {
      if (Array.isArray(value)) return value.map((item) => rewrite(item, rename));
      if (Object.prototype.toString.call(value) !== '[object Object]') return value;
      return Object.fromEntries(
        Object.entries(value as object).map(([name, item]) => [rename(name), rewrite(item, rename)]),
      );
    };
    const freeze = <T>(value: T): T => {
      if (typeof value === 'object' && value !== null && !Buffer.isBuffer(value)) Object.values(value).forEach(freeze);
      return Object.freeze(value);
    };
    const BIGINT = 20;
    const parsers: Record<number, (text: string) => unknown> = {
      [BIGINT]: BigInt,
      16: (text) => (text === 't' ? 'yes' : 'no'),
      23: (text) => ({ integer: text }),
      114: () => {
        throw new Error('json is not parsed here');
      },
      3802: () => {
        throw new Error('jsonb is not parsed here');
      },
      1114: (text) => `local ${text}`,
      1184: (text) => `instant ${text}`,
      1009: (text) => text.length,
      1016: () => null,
      2950: (text) => text.toUpperCase(),
      1700: Number,
    };
    const hosts: Record<string, (connection: string) => Knex.Config> = {
      'camelCase and snake_case mappers': (connection) => ({
        connection,
        wrapIdentifier: (name, wrap) => wrap(name === '*' ? name : snake(name)),
        postProcessResponse: (result) => rewrite(result, camel),
      }),
      'mappers that upper-case every name and freeze every row': (connection) => ({
        connection,
        wrapIdentifier: (name, wrap) => wrap(name.toUpperCase()),
        postProcessResponse: (result) => freeze(rewrite(result, (name) => name.toUpperCase())),
      }),
      'a response hook that gives nothing back': (connection) => ({ connection, postProcessResponse: () => undefined }),
      'type parsers of its own': (connectionString) => ({
        connection: {
          connectionString,
          types: { getTypeParser: (oid: number) => parsers[oid] ?? ((text: string) => text) },
        } as Knex.PgConnectionConfig,
      }),
      'another search path, time zone and date style': (connectionString) => ({
        connection: {
          connectionString,
          options:
            '-c search_path=public -c timezone=Pacific/Chatham -c datestyle=German,DMY -c intervalstyle=sql_standard',
        } as Knex.PgConnectionConfig,
      }),
      'asyncStackTraces, a version, and a pool of one': (connection) => ({
        connection,
        asyncStackTraces: true,
        version: '13',
        pool: { min: 1, max: 1 },
      }),
    };
    for (const [what, config] of Object.entries(hosts)) {
      it(`gives the very same answers with ${what}`, async () => {
        const fresh = await freshDatabase();
        const knex = knexPackage({ client: 'pg', ...config(fresh.connectionString) });
        try {
          await withHost({ database: fresh, prepared: false, knex }, async (host) => {
            expect(await smallJob(host)).to.deep.equal(expected);
          });
        } finally {
          await knex.destroy();
          await fresh.drop();
        }
      });
    }

    it('gives the very same answers with type parsers set for the whole process', async () => {
      const before = new Map(Object.keys(parsers).map((oid) => [Number(oid), pg.types.getTypeParser(Number(oid))]));
      for (const [oid, parse] of Object.entries(parsers)) pg.types.setTypeParser(Number(oid), parse);
      try {
        await withHost({}, async (host) => {
          expect(await smallJob(host)).to.deep.equal(expected);
        });
      } finally {
        for (const [oid, parse] of before) pg.types.setTypeParser(oid, parse);
      }
    });

    it('leaves the host’s own migrations working', async () => {
      const fresh = await freshDatabase();
      const config = hosts['mappers that upper-case every name and freeze every row'];
      const knex = knexPackage({ client: 'pg', ...config?.(fresh.connectionString) });
      const migrationSource = {
        getMigrations: async () => ['first'],
        getMigrationName: (name: string) => name,
        getMigration: async () => ({ up: async () => {}, down: async () => {} }),
      };
      try {
        await createHostTable(fresh.knex);
        await knex.migrate.latest({ migrationSource });
        await migrateMaskUpload(knex);
        expect(await knex.migrate.latest({ migrationSource })).to.deep.equal([1, []]);
      } finally {
        await knex.destroy();
        await fresh.drop();
      }
    });

    it('leaves the host’s own queries as they are', async () => {
      const fresh = await freshDatabase();
      const knex = knexPackage({
        client: 'pg',
        ...hosts['camelCase and snake_case mappers']?.(fresh.connectionString),
      });
      try {
        await withHost({ database: fresh, prepared: false, knex }, async (host) => {
          await host.api('POST', '/annotations/1/mask-groups', { group_name: 'Mapped' });
          const rows = await knex('annotationMaskGroup').where({ groupName: 'Mapped' }).select('annotationId');
          expect(rows).to.deep.equal([{ annotationId: 1 }]);
        });
      } finally {
        await knex.destroy();
        await fresh.drop();
      }
    });
  });

  describe('on a host’s own table', () => {
    const ODD = {
      hostSchema: 'My "Odd" Schema?',
      hostTable: 'My "Odd" Table',
      hostKeyColumn: 'key?',
      schema: 'mask "store"',
    };
    /** knex takes `?` for a binding even in an identifier, but not one that is escaped. */
    async function renameAll(knex: Knex): Promise<void> {
      await knex.raw(String.raw`
        create schema "mask ""store""";
        create schema "My ""Odd"" Schema\?";
        alter table annotation_annotation rename column id to "key\?";
        alter table annotation_annotation rename to "My ""Odd"" Table";
        alter table "My ""Odd"" Table" set schema "My ""Odd"" Schema\?"`);
    }
    for (const keyType of ['integer', 'bigint', 'uuid', 'text'] as HostKeyType[]) {
      for (const odd of [false, true]) {
        it(`works with ${keyType} keys${odd ? ' and names that need quoting' : ''}`, async () => {
          const fresh = await freshDatabase();
          try {
            const { keys } = await createHostTable(fresh.knex, { keyType });
            if (odd) await renameAll(fresh.knex);
            const options = odd ? ODD : undefined;
            await migrateMaskUpload(fresh.knex, options);
            await withHost({ database: fresh, router: { database: options } }, async (host) => {
              for (const key of keys) {
                const path = `/annotations/${encodeURIComponent(key)}/mask-groups`;
                const { status, body } = await host.api('POST', path, {});
                expect(status).to.equal(201, JSON.stringify(body));
                expect(body.annotation_id).to.equal(keyType === 'integer' ? Number(key) : key);
                expect(host.asked.at(-1)?.annotationId).to.equal(body.annotation_id);
                const listed = await host.api('GET', path);
                expect(listed.body.mask_groups.map((group: { id: number }) => group.id)).to.deep.equal([body.id]);
                expect((await host.api('DELETE', `${path}/${body.id}`)).status).to.equal(204);
              }
              expect(await smallJob(host, keys[2])).to.deep.equal(
                expected.map((body) => replaceType(body, keyType === 'integer' ? 'number' : 'string')),
              );
              const missing = { integer: '4', bigint: '4', uuid: keys[0].replace(/^0/, '1'), text: 'study-3' }[keyType];
              const answer = await host.api('GET', `/annotations/${missing}/mask-groups`);
              expect(answer.body.code).to.equal('annotation-not-found');
            });
            expect(await fresh.knex.schema.hasTable('annotation_mask_group')).to.equal(!odd);
          } finally {
            await fresh.drop();
          }
        });
      }
    }

    /** As the default host would have answered with keys of this type. */
    function replaceType(value: unknown, type: string, name = ''): unknown {
      if (Array.isArray(value)) return value.map((item) => replaceType(item, type));
      if (typeof value === 'object' && value !== null) {
        return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, replaceType(item, type, key)]));
      }
      return name === 'annotation_id' ? `a ${type}` : value;
    }

    it('takes a uuid in any spelling for the one row, which is what authorize is asked about', async () => {
      const fresh = await freshDatabase();
      try {
        const { keys } = await createHostTable(fresh.knex, { keyType: 'uuid' });
        await migrateMaskUpload(fresh.knex);
        await withHost({ database: fresh }, async (host) => {
          for (const spelling of [keys[0].toUpperCase(), `{${keys[0]}}`, keys[0].replaceAll('-', '')]) {
            const { body } = await host.api('POST', `/annotations/${encodeURIComponent(spelling)}/mask-groups`, {});
            expect(body.annotation_id).to.equal(keys[0]);
            expect(host.asked.at(-1)?.annotationId).to.equal(keys[0]);
          }
        });
      } finally {
        await fresh.drop();
      }
    });
  });

  describe('with options that cannot work', () => {
    const auth = { authenticate: () => null, authorize: () => false };
    const storage = () =>
      createFilesystemStorage({
        root: '/tmp',
        secret: 'a secret for tests, of more than thirty-two bytes',
        publicUrl: 'http://127.0.0.1:1/files',
      });
    const valid = () => ({ knex: database.knex, storage: storage(), auth, maintenance: false });
    const construct = (options: object) => () => createMaskUploadRouter({ ...valid(), ...options } as never);

    it('can be constructed', () => {
      construct({})();
    });

    const wrong: [what: string, options: () => object, message: RegExp][] = [
      ['no knex', () => ({ knex: undefined }), /^Pass `knex`/],
      ['a configuration instead of knex', () => ({ knex: { client: 'pg' } }), /^Pass `knex`/],
      ['a knex of another database', () => ({ knex: knexPackage({ client: 'mysql' }) }), /PostgreSQL/],
      ['no storage', () => ({ storage: undefined }), /^Pass `storage`: e\.g\. createS3Storage/],
      ['the options of a storage', () => ({ storage: { bucket: 'pacs-masks' } }), /^Pass `storage`/],
      ['no auth', () => ({ auth: undefined }), /^Pass `auth`: \{ authenticate\(req\).*authorize/],
      ['auth without authorize', () => ({ auth: { authenticate: auth.authenticate } }), /^Pass `auth`/],
      ['auth without authenticate', () => ({ auth: { authorize: auth.authorize } }), /^Pass `auth`/],
      ['auth that is true', () => ({ auth: true }), /^Pass `auth`/],
      ['auth that is null', () => ({ auth: null }), /^Pass `auth`/],
      ['a key prefix with a slash', () => ({ keyPrefix: 'a/b' }), /keyPrefix/],
      ['an empty key prefix', () => ({ keyPrefix: '' }), /keyPrefix/],
      ['a name guard that is no function', () => ({ nameGuard: /x/ }), /nameGuard/],
      ['HTML as a MIME type', () => ({ mimeTypes: [{ name: 'text/html', extensions: ['html'] }] }), /text\/html/],
      ['a default TTL above the maximum', () => ({ defaultTtlSeconds: 601, maxTtlSeconds: 600 }), /defaultTtlSeconds/],
      ...(
        [
          ['maxTtlSeconds', 3601],
          ['maxTtlSeconds', 0],
          ['defaultTtlSeconds', 1.5],
          ['defaultTtlSeconds', '600'],
          ['maxFileBytes', -1],
          ['multipartThresholdBytes', 5 * 2 ** 20 - 1],
          ['multipartThresholdBytes', 5 * 2 ** 30 + 1],
          ['maxBatch', 1001],
          ['maxBatch', 0],
          ['verifyConcurrency', 0],
          ['verifyTimeoutSeconds', Number.NaN],
          ['uploadLifetimeSeconds', -1],
          ['deletionGraceSeconds', Number.POSITIVE_INFINITY],
          ['sweepIntervalSeconds', 0],
          ['statementTimeoutMs', 0],
          ['poolTimeoutMs', '10'],
          ['maxBodyBytes', 0],
          ['maxBodyBytes', '2mb'],
          ['maxBodyBytes', Number.NaN],
        ] as const
      ).map(([name, value]): [string, () => object, RegExp] => [
        `${name} of ${JSON.stringify(value)}`,
        () => ({ [name]: value }),
        new RegExp(name),
      ]),
    ];
    for (const [what, options, message] of wrong) {
      it(`says what to pass instead of ${what}`, () => {
        expect(construct(options())).to.throw(message);
      });
    }

    it('refuses a transaction', async () => {
      await database.knex.transaction(async (knex) => {
        expect(construct({ knex })).to.throw(/transaction/);
      });
    });

    it('refuses no options at all', () => {
      for (const create of [createMaskUploadRouter, createMaskUploadService, createMaskUploadMaintenance]) {
        expect(() => create(undefined as never)).to.throw(/^Pass `(knex|storage)`/);
        expect(() => create({} as never)).to.throw(/^Pass `(knex|storage)`/);
      }
    });
  });
});
