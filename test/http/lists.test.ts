import { randomInt } from 'node:crypto';
import { expect } from 'chai';
import type { Mask, MaskGroup } from '../../src/index.js';
import { startHost, type TestHost } from '../support/host.js';
import { allRows, insertGroup, insertMasks } from '../support/rows.js';

describe('lists', () => {
  let host: TestHost;
  before(async () => {
    host = await startHost({ store: 'filesystem', router: { maintenance: false } });
  });
  after(() => host.close());
  beforeEach(async () => {
    await host.knex.raw(
      'truncate annotation_mask_group, annotation_mask, annotation_mask_upload, annotation_mask_deletion',
    );
  });

  const pathOf = (id: number) => `/annotations/1/mask-groups/${id}`;

  async function get(path: string) {
    const { status, body } = await host.api('GET', path);
    expect(status).to.equal(200, `${path} ${JSON.stringify(body)}`);
    return body;
  }

  /** Follows next_cursor to the end; `between` runs before each further page. */
  async function allPages<T extends { id: number }>(
    path: string,
    items: 'masks' | 'mask_groups',
    limit: number,
    between: (seen: T[]) => Promise<unknown> = async () => {},
  ): Promise<T[]> {
    const seen: T[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const separator = path.includes('?') ? '&' : '?';
      const body = await get(`${path}${separator}limit=${limit}${cursor && `&cursor=${encodeURIComponent(cursor)}`}`);
      expect(body[items]).to.have.length.at.most(limit);
      if (body.next_cursor !== null) expect(body[items]).to.have.length(limit);
      seen.push(...body[items]);
      expect(new Set(seen.map(({ id }) => id)).size).to.equal(seen.length, 'a row came twice');
      cursor = body.next_cursor;
      if (cursor !== null) await between(seen);
    }
    return seen;
  }

  function shuffled<T>(items: T[]): T[] {
    const left = [...items];
    return items.map(() => left.splice(randomInt(left.length), 1)[0] as T);
  }

  describe('of masks', () => {
    /** What the API promises: slice_index, then label in C order, each with nulls last, then id. */
    const inOrder = (a: Mask, b: Mask) =>
      (a.slice_index ?? Number.POSITIVE_INFINITY) - (b.slice_index ?? Number.POSITIVE_INFINITY) ||
      Number(a.label_name === null) - Number(b.label_name === null) ||
      Buffer.compare(Buffer.from(a.label_name ?? ''), Buffer.from(b.label_name ?? '')) ||
      a.id - b.id;
    const sorted = (masks: Mask[]) => [...masks].sort((a, b) => inOrder(a, b) || 0);
    // in C order: upper case before lower case, `_` between them, letters with accents last
    const LABELS = ['Zebra', '_', 'apple', 'liver', 'liver 2', 'livre', 'tumor?', 'z', 'Ünder', 'ä', '中', '😀', null];

    async function manyMasks(slices = 25): Promise<number> {
      const group = await insertGroup(host.knex);
      const masks: Record<string, unknown>[] = [];
      for (const label_name of LABELS) {
        for (let slice = 0; slice < slices; slice++) {
          masks.push({ slice_index: slice * 3, label_name, sop_instance_uid: slice % 2 ? `1.2.${slice}` : null });
          masks.push({ slice_index: null, label_name, sop_instance_uid: `1.3.${slice}` });
        }
        for (let volume = 0; volume < 3; volume++) masks.push({ label_name });
      }
      masks.push(
        { slice_index: 2147483647, label_name: 'z' },
        { slice_index: 2147483647 },
        { slice_index: 2147483646 },
      );
      await insertMasks(host.knex, group, shuffled(masks));
      return group;
    }

    it('come by slice_index, label and id, nulls last, whatever the order they came in', async () => {
      const group = await manyMasks();
      const { masks, total_count, next_cursor } = await get(`${pathOf(group)}/masks?limit=1000`);
      expect(total_count).to.equal(LABELS.length * 53 + 3);
      expect(masks).to.have.length(total_count);
      expect(next_cursor).to.equal(null);
      // the largest slice_index of all shares its place with none; everything else is in the promised order
      const small = masks.filter((mask: Mask) => mask.slice_index !== 2147483647);
      expect(small.map(place)).to.deep.equal(sorted(small).map(place));
      expect(masks.slice(0, LABELS.length).map((mask: Mask) => mask.label_name)).to.deep.equal(LABELS);
    });
    const place = (mask: Mask) => [mask.slice_index, mask.label_name, mask.id];

    for (const limit of [1, 9, 100, 638]) {
      it(`come in the same order in pages of ${limit} as in one`, async () => {
        const group = await manyMasks(limit < 9 ? 3 : 25);
        const { masks, total_count } = await get(`${pathOf(group)}/masks?limit=1000`);
        const paged = await allPages<Mask>(`${pathOf(group)}/masks`, 'masks', limit);
        expect(paged).to.deep.equal(masks);
        expect(paged).to.have.length(total_count);
      }).timeout(60_000);
    }

    it('are found by every filter, alone and together, with the count of what matches', async () => {
      const group = await manyMasks();
      const { masks } = await get(`${pathOf(group)}/masks?limit=1000`);
      const filters: [query: string, matches: (mask: Mask) => boolean][] = [
        ['label_name=liver', (mask) => mask.label_name === 'liver'],
        ['label_name=%C3%9Cnder', (mask) => mask.label_name === 'Ünder'],
        // the same letter, decomposed
        ['label_name=U%CC%88nder', (mask) => mask.label_name === 'Ünder'],
        ['label_name=%F0%9F%98%80', (mask) => mask.label_name === '😀'],
        // RFC 3986 § 3.4: a query may hold a question mark as it is
        ['label_name=tumor?', (mask) => mask.label_name === 'tumor?'],
        ['label_name=LIVER', () => false],
        ['label_name=liv%25', () => false],
        ['label_name=null', () => false],
        ['slice_index=0', (mask) => mask.slice_index === 0],
        ['slice_index=1', () => false],
        ['slice_index=2147483647', (mask) => mask.slice_index === 2147483647],
        ['sop_instance_uid=1.3.7', (mask) => mask.sop_instance_uid === '1.3.7'],
        ['slice_index=9&label_name=z', (mask) => mask.slice_index === 9 && mask.label_name === 'z'],
        [
          'sop_instance_uid=1.2.3&label_name=z&slice_index=9',
          (mask) => mask.slice_index === 9 && mask.label_name === 'z',
        ],
        ['sop_instance_uid=1.2.3&slice_index=8', () => false],
      ];
      for (const [query, matches] of filters) {
        const wanted = masks.filter(matches);
        const one = await get(`${pathOf(group)}/masks?limit=1000&${query}`);
        expect(one).to.deep.equal({ masks: wanted, total_count: wanted.length, next_cursor: null }, query);
        const paged = await allPages<Mask>(`${pathOf(group)}/masks?${query}`, 'masks', 10);
        expect(paged).to.deep.equal(wanted, query);
      }
    }).timeout(60_000);

    it('come once and complete while others are inserted and deleted between the pages', async () => {
      const group = await manyMasks();
      const { masks } = await get(`${pathOf(group)}/masks?limit=1000`);
      const doomed = new Set<number>(
        masks.filter((_: Mask, index: number) => index % 5 === 0).map(({ id }: Mask) => id),
      );
      let next = 1;
      const seen = await allPages<Mask>(`${pathOf(group)}/masks`, 'masks', 40, async () => {
        await insertMasks(host.knex, group, [
          { slice_index: next++, label_name: 'new' },
          { slice_index: 100 + next, label_name: null },
          { label_name: 'a new volume' },
        ]);
        const some = shuffled([...doomed]).slice(0, 8);
        for (const id of some) doomed.delete(id);
        await host.knex('annotation_mask').whereIn('id', some).delete();
      });
      expect(next).to.be.above(10);
      const untouched = masks.filter((_: Mask, index: number) => index % 5 !== 0).map(({ id }: Mask) => id);
      expect(seen.map(({ id }) => id)).to.include.members(untouched);
      const old = new Set(masks.map(({ id }: Mask) => id));
      const kept = new Set(untouched);
      expect(seen.filter(({ id }) => kept.has(id)).map(({ id }) => id)).to.deep.equal(untouched, 'in the same order');
      expect(seen.some(({ id }) => !old.has(id))).to.equal(true, 'new ones further on are seen');
    });

    it('go on after a row that is gone when its page is', async () => {
      const group = await insertGroup(host.knex);
      const ids = await insertMasks(
        host.knex,
        group,
        [0, 1, 2, 3].map((slice_index) => ({ slice_index })),
      );
      const { next_cursor } = await get(`${pathOf(group)}/masks?limit=2`);
      await host.knex('annotation_mask').whereIn('id', ids.slice(0, 2)).delete();
      const rest = await get(`${pathOf(group)}/masks?limit=2&cursor=${next_cursor}`);
      expect(rest.masks.map(({ id }: Mask) => id)).to.deep.equal(ids.slice(2));
      expect(rest).to.include({ total_count: 2, next_cursor: null });
    });

    it('end with a null cursor, also when the last page is exactly full', async () => {
      const group = await insertGroup(host.knex);
      expect(await get(`${pathOf(group)}/masks`)).to.deep.equal({ masks: [], total_count: 0, next_cursor: null });
      await insertMasks(
        host.knex,
        group,
        [0, 1, 2, 3].map((slice_index) => ({ slice_index })),
      );
      expect((await get(`${pathOf(group)}/masks?limit=4`)).next_cursor).to.equal(null);
      const { next_cursor } = await get(`${pathOf(group)}/masks?limit=2`);
      expect(next_cursor).to.match(/^[A-Za-z0-9_-]+$/);
      const last = await get(`${pathOf(group)}/masks?limit=2&cursor=${next_cursor}`);
      expect(last.masks).to.have.length(2);
      expect(last.next_cursor).to.equal(null);
    });

    it('come 100 at a time unless asked otherwise, with URLs only where asked', async () => {
      const group = await insertGroup(host.knex);
      await insertMasks(
        host.knex,
        group,
        Array.from({ length: 101 }, (_, slice_index) => ({ slice_index })),
      );
      const plain = await get(`${pathOf(group)}/masks`);
      expect(plain.masks).to.have.length(100);
      expect(plain.masks[0]).not.to.have.any.keys('download_url', 'download_expires_at');
      const signed = await get(`${pathOf(group)}/masks?include=download_url&cursor=${plain.next_cursor}`);
      expect(signed.masks).to.have.length(1);
      expect(signed.masks[0]).to.include.keys('download_url', 'download_expires_at');
    });

    it('are those of the group only', async () => {
      const [mine, other] = [await insertGroup(host.knex), await insertGroup(host.knex)];
      const [id] = await insertMasks(host.knex, mine, [{ slice_index: 1 }]);
      await insertMasks(host.knex, other, [{ slice_index: 1 }, { slice_index: 0 }]);
      const { masks, total_count } = await get(`${pathOf(mine)}/masks`);
      expect(masks.map((mask: Mask) => mask.id)).to.deep.equal([id]);
      expect(total_count).to.equal(1);
    });
  });

  describe('of groups', () => {
    const LIST = '/annotations/1/mask-groups';

    /** Equal times in bunches, some of them a microsecond apart. */
    async function manyGroups(): Promise<number[]> {
      const groups = Array.from({ length: 240 }, (_, index) => ({
        annotation_id: 1,
        created_at: `2026-01-01T00:00:00.${String(Math.floor(index / 12)).padStart(6, '0')}Z`,
        modality: ['CT', 'MR', null][index % 3],
        mask_type: index % 2 ? 'segmentation' : 'probability',
        model_name: index % 5 ? 'nnU-Net' : null,
      }));
      await host.knex('annotation_mask_group').insert([...shuffled(groups), { annotation_id: 2, modality: 'CT' }]);
      const rows = await host
        .knex('annotation_mask_group')
        .where({ annotation_id: 1 })
        .orderBy([
          { column: 'created_at', order: 'desc' },
          { column: 'id', order: 'desc' },
        ])
        .select('id');
      return rows.map(({ id }) => Number(id));
    }

    for (const limit of [5, 120, 200]) {
      it(`come newest first in pages of ${limit}, also those of the same microsecond`, async () => {
        const ids = await manyGroups();
        const seen = await allPages<MaskGroup>(LIST, 'mask_groups', limit);
        expect(seen.map(({ id }) => id)).to.deep.equal(ids);
      }).timeout(60_000);
    }

    it('are found by every filter, alone and together', async () => {
      await manyGroups();
      const all = await allPages<MaskGroup>(LIST, 'mask_groups', 200);
      const filters: [string, (group: MaskGroup) => boolean][] = [
        ['modality=CT', (group) => group.modality === 'CT'],
        ['mask_type=probability', (group) => group.mask_type === 'probability'],
        ['model_name=nnU-Net', (group) => group.model_name === 'nnU-Net'],
        [
          'modality=MR&model_name=nnU-Net&mask_type=segmentation',
          (group) => group.modality === 'MR' && group.model_name === 'nnU-Net' && group.mask_type === 'segmentation',
        ],
        ['modality=ct', () => false],
        ['model_name=nnU%25', () => false],
      ];
      for (const [query, matches] of filters) {
        const wanted = all.filter(matches);
        expect(await allPages<MaskGroup>(`${LIST}?${query}`, 'mask_groups', 17)).to.deep.equal(wanted, query);
      }
    });

    it('come once and complete while others are created and deleted between the pages', async () => {
      const ids = await manyGroups();
      const doomed = ids.filter((_, index) => index % 4 === 0);
      const seen = await allPages<MaskGroup>(LIST, 'mask_groups', 20, async () => {
        await insertGroup(host.knex);
        await insertGroup(host.knex, { created_at: '2025-01-01T00:00:00Z' });
        await host
          .knex('annotation_mask_group')
          .whereIn('id', doomed.splice(randomInt(doomed.length), 3))
          .delete();
      });
      const untouched = ids.filter((_, index) => index % 4 !== 0);
      const kept = new Set(untouched);
      expect(seen.map(({ id }) => id).filter((id) => kept.has(id))).to.deep.equal(untouched);
    });

    it('end with a null cursor, also when the last page is exactly full, and are 50 to a page', async () => {
      expect(await get(LIST)).to.deep.equal({ mask_groups: [], next_cursor: null });
      await host.knex('annotation_mask_group').insert(Array.from({ length: 100 }, () => ({ annotation_id: 1 })));
      const first = await get(LIST);
      expect(first.mask_groups).to.have.length(50);
      const second = await get(`${LIST}?cursor=${first.next_cursor}`);
      expect(second.mask_groups).to.have.length(50);
      expect(second.next_cursor).to.equal(null);
      expect((await get(`${LIST}?limit=100`)).next_cursor).to.equal(null);
    });

    it('carry the counts and status of each', async () => {
      const [empty, half, full, volume] = [
        await insertGroup(host.knex, { slice_count: 2 }),
        await insertGroup(host.knex, { slice_count: 2 }),
        await insertGroup(host.knex, { slice_count: 2 }),
        await insertGroup(host.knex, { slice_count: 2 }),
      ];
      await insertMasks(host.knex, half, [
        { slice_index: 0, label_name: 'a' },
        { slice_index: 0, label_name: 'b' },
      ]);
      await insertMasks(host.knex, full, [{ slice_index: 0 }, { slice_index: 7, file_size: 2 ** 40 }]);
      await insertMasks(host.knex, volume, [{ mime_type: 'application/vnd.nifti' }]);
      const groups: MaskGroup[] = (await get(LIST)).mask_groups;
      const of = (id: number) => {
        const { status, mask_count, uploaded_slices, total_bytes } = groups.find(
          (group) => group.id === id,
        ) as MaskGroup;
        return { status, mask_count, uploaded_slices, total_bytes };
      };
      expect(of(empty)).to.deep.equal({ status: 'uploading', mask_count: 0, uploaded_slices: 0, total_bytes: 0 });
      expect(of(half)).to.deep.equal({ status: 'uploading', mask_count: 2, uploaded_slices: 1, total_bytes: 200 });
      expect(of(full)).to.deep.equal({
        status: 'complete',
        mask_count: 2,
        uploaded_slices: 2,
        total_bytes: 2 ** 40 + 100,
      });
      expect(of(volume)).to.deep.equal({ status: 'complete', mask_count: 1, uploaded_slices: 0, total_bytes: 100 });
      for (const group of groups) {
        const { stats: _, ...one } = await get(pathOf(group.id));
        expect(one).to.deep.equal(group);
      }
    });
  });

  describe('in one group', () => {
    const statsOf = async (id: number) => (await get(pathOf(id))).stats;
    const slices = (indexes: number[]) => indexes.map((slice_index) => ({ slice_index }));
    const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);

    it('count labels and MIME types', async () => {
      const group = await insertGroup(host.knex, { slice_count: 3 });
      await insertMasks(host.knex, group, [
        { slice_index: 0, label_name: 'b' },
        { slice_index: 1, label_name: 'b' },
        { slice_index: 0, label_name: 'B' },
        { slice_index: 2 },
        { slice_index: 2, label_name: 'b', mime_type: 'application/dicom' },
      ]);
      expect(await statsOf(group)).to.deep.equal({
        labels: [
          { label_name: 'B', count: 1 },
          { label_name: 'b', count: 3 },
          { label_name: null, count: 1 },
        ],
        mime_types: [
          { mime_type: 'application/dicom', count: 1 },
          { mime_type: 'image/png', count: 4 },
        ],
        missing_slices: [],
        pending_uploads: 0,
      });
    });

    const missing: [what: string, slice_count: number, held: number[], expected: number[]][] = [
      ['an empty group from 0', 3, [], [0, 1, 2]],
      ['a group that begins at 0', 5, [0, 2], [1, 3, 4]],
      ['a group that begins at 1', 5, [1, 3], [2, 4, 5]],
      ['a group that ends at its slice_count', 5, [3, 5], [1, 2, 4]],
      ['a complete group from 0', 3, [0, 1, 2], []],
      ['a complete group from 1', 3, [1, 2, 3], []],
      ['slices beyond slice_count', 3, [0, 1, 700], [2]],
      ['no more than 100', 1000, [0, 50], [...range(1, 49), ...range(51, 101)]],
      ['no more than 100, from 1', 1000, [1, 50], [...range(2, 49), ...range(51, 102)]],
      [
        'holes far inside',
        400,
        range(0, 399).filter((index) => index % 40 !== 17),
        range(0, 9).map((i) => i * 40 + 17),
      ],
    ];
    for (const [what, slice_count, held, expected] of missing) {
      it(`name the missing slices of ${what}`, async () => {
        const group = await insertGroup(host.knex, { slice_count });
        await insertMasks(host.knex, group, shuffled(slices(held)));
        expect((await statsOf(group)).missing_slices).to.deep.equal(expected);
      });
    }

    it('are fast also for a slice_count of 2,000,000,000, empty or with 2000 slices', async () => {
      for (const held of [[], range(0, 1999), [1_999_999_999], [2_000_000_000]]) {
        const group = await insertGroup(host.knex, { slice_count: 2_000_000_000 });
        await insertMasks(host.knex, group, slices(held));
        const answer = await host.api('GET', pathOf(group));
        expect(answer.body.stats.missing_slices).to.have.length(100);
        expect(answer.milliseconds).to.be.below(1000);
      }
    });

    it('name no missing slices of a volume, nor of slices that are known by UID alone', async () => {
      for (const mask of [{ mime_type: 'application/vnd.nifti' }, { sop_instance_uid: '1.2.3' }]) {
        const group = await insertGroup(host.knex, { slice_count: 2 });
        await insertMasks(host.knex, group, [mask]);
        expect((await statsOf(group)).missing_slices).to.deep.equal([]);
      }
    });

    it('count the missing slices from 0 when slice 0 is pending', async () => {
      const group = await insertGroup(host.knex, { slice_count: 3 });
      await insertMasks(host.knex, group, [{ slice_index: 1 }]);
      expect((await statsOf(group)).missing_slices).to.deep.equal([2, 3]);
      const file = { mime_type: 'image/png', file_size: 1, slice_index: 0 };
      await host.api('POST', `${pathOf(group)}/signed-url`, file);
      expect((await statsOf(group)).missing_slices).to.deep.equal([0, 2]);
    });

    it('count slices by SOP Instance UID where there is no slice_index', async () => {
      const group = await insertGroup(host.knex, { slice_count: 3 });
      await insertMasks(host.knex, group, [
        { sop_instance_uid: '1.2.1', label_name: 'a' },
        { sop_instance_uid: '1.2.1', label_name: 'b' },
        { sop_instance_uid: '1.2.2', label_name: 'a' },
      ]);
      expect(await get(pathOf(group))).to.include({ uploaded_slices: 2, mask_count: 3, status: 'uploading' });
      await insertMasks(host.knex, group, [{ sop_instance_uid: '1.2.3' }]);
      expect(await get(pathOf(group))).to.include({ uploaded_slices: 3, status: 'complete' });
    });

    it('count an index and a UID that stand for the same slice once', async () => {
      const group = await insertGroup(host.knex, { slice_count: 3 });
      await insertMasks(host.knex, group, [
        { slice_index: 0, sop_instance_uid: '1.2.1', label_name: 'a' },
        { slice_index: 0, label_name: 'b' },
        { slice_index: 1, sop_instance_uid: '1.2.2', label_name: 'a' },
      ]);
      expect(await get(pathOf(group))).to.include({ uploaded_slices: 2, status: 'uploading' });
    });

    it('count the uploads that are pending, but not those that expired or were rejected', async () => {
      const group = await insertGroup(host.knex);
      const file = { mime_type: 'image/png', file_size: 1 };
      await host.api('POST', `${pathOf(group)}/signed-urls`, { files: Array.from({ length: 5 }, () => file) });
      expect((await statsOf(group)).pending_uploads).to.equal(5);
      const [first, second] = await host.knex('annotation_mask_upload').select('id');
      await host
        .knex('annotation_mask_upload')
        .where(first)
        .update({ expires_at: host.knex.raw('now()') });
      await host.knex('annotation_mask_upload').where(second).update({ rejected_code: 'size-mismatch' });
      expect((await statsOf(group)).pending_uploads).to.equal(3);
    });
  });

  describe('a change of a group', () => {
    const FULL = {
      group_name: 'Lung',
      model_name: 'nnU-Net',
      version: '2',
      modality: 'CT',
      slice_count: 7,
      mask_type: 'probability',
      description: 'First line\nSecond line',
    };
    async function full(): Promise<string> {
      const { body } = await host.api('POST', '/annotations/1/mask-groups', FULL);
      expect(body).to.include(FULL);
      return pathOf(body.id);
    }

    it('sets what is sent and leaves the rest', async () => {
      const path = await full();
      const before = await get(path);
      const { body } = await host.api('PATCH', path, { version: '3', slice_count: 8 });
      const { stats: _, ...same } = before;
      expect(body).to.deep.equal({ ...same, version: '3', slice_count: 8, updated_at: body.updated_at });
      expect(Date.parse(body.updated_at)).to.be.at.least(Date.parse(before.updated_at));
      expect(await get(path)).to.include(body);
    });

    for (const field of Object.keys(FULL) as (keyof typeof FULL)[]) {
      it(`clears ${field} by null`, async () => {
        const path = await full();
        const cleared = { slice_count: 1, mask_type: 'segmentation' }[field as 'slice_count'] ?? null;
        const { status, body } = await host.api('PATCH', path, { [field]: null });
        expect(status).to.equal(200);
        expect(body).to.include({ ...FULL, [field]: cleared });
      });
    }

    it('takes all fields at once, set and cleared', async () => {
      const path = await full();
      const changes = { ...FULL, group_name: null, version: '9.1', description: null, slice_count: null };
      const { body } = await host.api('PATCH', path, changes);
      expect(body).to.include({ ...changes, slice_count: 1 });
    });

    it('stores texts as NFC without outer white space', async () => {
      const path = await full();
      const { body } = await host.api('PATCH', path, { group_name: '  Lu\u0308ge ', description: 'a\r\nb' });
      expect(body).to.include({ group_name: 'L\u00fcge', description: 'a\nb' });
    });

    it('may be empty, and then changes nothing', async () => {
      const path = await full();
      const rows = await allRows(host.knex);
      const { status, body } = await host.api('PATCH', path, {});
      expect(status).to.equal(200);
      expect(body).to.include(FULL);
      expect(await allRows(host.knex)).to.deep.equal(rows);
    });

    it('refuses a field that it does not know, and then changes nothing', async () => {
      const path = await full();
      const rows = await allRows(host.knex);
      for (const field of ['id', 'annotation_id', 'created_by', 'created_at', 'status', 'mask_count', 'name']) {
        const { status, body } = await host.api('PATCH', path, { version: '4', [field]: 1 });
        expect(status).to.equal(400);
        expect(body.errors[0]).to.include({ path: `/${field}`, code: 'invalid-request' });
      }
      expect(await allRows(host.knex)).to.deep.equal(rows);
    });

    it('changes the status with slice_count', async () => {
      const group = await insertGroup(host.knex, { slice_count: 2 });
      await insertMasks(host.knex, group, [{ slice_index: 0 }]);
      expect((await host.api('PATCH', pathOf(group), { slice_count: 1 })).body.status).to.equal('complete');
      expect((await host.api('PATCH', pathOf(group), { slice_count: 3 })).body.status).to.equal('uploading');
    });
  });
});
