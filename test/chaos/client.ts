import { request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { Mask, SignedPart, SignedPut } from '../../src/index.js';
import { fileFor, sha256 } from '../support/host.js';
import { volume } from '../support/nifti.js';
import { png } from '../support/png.js';
import { THRESHOLD_BYTES } from './limits.js';
import type { World } from './world.js';

/** What the clients saw, to be compared with what is there in the end. */
export interface Witness {
  /** Keys that a client saw recorded, and the SHA-256 of what it had sent. */
  recorded: Map<string, string>;
  /** Keys that may be gone: something that deletes or replaces them was begun, whatever came of it. */
  maybeGone: Set<string>;
  /** Keys that a client saw deleted or replaced. */
  gone: Set<string>;
  counts: Record<string, number>;
  /** What must never happen. */
  violations: string[];
}

interface Group {
  annotation: number;
  path: string;
  /** By slice: the key that the client last saw recorded there. */
  slices: Map<number, string>;
  masks: Map<string, number>;
}

type Answer = { status: number; body: { [key: string]: unknown } } | undefined;

let serial = 0;
const pick = <T>(items: readonly T[]): T | undefined => items[Math.floor(Math.random() * items.length)];
const chance = (probability: number) => Math.random() < probability;

/** One client, doing everything that clients do, well and badly, until it is told to stop. */
export async function runClient(world: World, witness: Witness, stopped: () => boolean): Promise<void> {
  const count = (what: string, by = 1) => {
    witness.counts[what] = (witness.counts[what] ?? 0) + by;
  };

  /** Undefined for an answer that did not come, or 503: what the call did is not known. */
  async function api(method: string, path: string, body?: object): Promise<Answer> {
    count('requests');
    try {
      const response = await fetch(`${pick(world.hosts)}${path}`, {
        method,
        signal: AbortSignal.timeout(30_000),
        ...(body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
      });
      const text = await response.text();
      if (response.status === 503) count('answers of 503');
      else if (response.status >= 500)
        witness.violations.push(`${method} ${path} answered ${response.status}: ${text}`);
      if (response.status >= 500) return undefined;
      return { status: response.status, body: text ? JSON.parse(text) : {} };
    } catch (error) {
      if ((error as Error).name === 'TimeoutError') witness.violations.push(`${method} ${path}: no answer in 30 s`);
      count('cut connections');
      await delay(50);
      return undefined;
    }
  }

  async function put(upload: Pick<SignedPut, 'upload_url' | 'headers'>, bytes: Buffer): Promise<void> {
    count('PUTs');
    await fetch(upload.upload_url, {
      method: 'PUT',
      headers: upload.headers,
      body: bytes as never,
      signal: AbortSignal.timeout(20_000),
    })
      .then((response) => response.arrayBuffer())
      .catch(() => count('cut PUTs'));
  }

  /** Other bytes of the same length under the same URL, begun before the upload and ended long after it. */
  async function putSlowly({ upload_url, headers }: SignedPut, bytes: Uint8Array): Promise<void> {
    const sent = request(upload_url, { method: 'PUT', headers: { ...headers, 'content-length': bytes.length } });
    sent.on('response', (response) => response.resume()).on('error', () => undefined);
    sent.write(bytes.subarray(0, 10));
    await delay(1000 + 1000 * Math.random());
    sent.end(bytes.subarray(10));
  }

  async function sql(statement: string, bindings: (string | number)[] = []) {
    try {
      return await world.knex.raw(statement, bindings);
    } catch (error) {
      const { code } = error as { code?: string };
      if (code === '40P01') witness.violations.push(`the host's own SQL met a deadlock: ${statement}`);
      count('failed statements of the host');
      return undefined;
    }
  }

  async function newGroup(): Promise<Group | undefined> {
    const inserted = await sql('insert into annotation_annotation default values returning id');
    const annotation = inserted?.rows[0]?.id;
    if (annotation === undefined) return undefined;
    const answer = await api('POST', `/annotations/${annotation}/mask-groups`, { slice_count: 8 });
    if (answer?.status !== 201) return undefined;
    count('groups');
    return {
      annotation,
      path: `/annotations/${annotation}/mask-groups/${answer.body.id}`,
      slices: new Map(),
      masks: new Map(),
    };
  }

  async function uploadSome(group: Group): Promise<void> {
    const replace = chance(0.3);
    const clash = chance(0.15); // also slices that the group has, which is to be refused
    const free = Array.from({ length: 8 }, (_, slice) => slice).filter(
      (slice) => replace || clash || !group.slices.has(slice),
    );
    const slices = free.filter(() => chance(0.6));
    if (slices.length === 0) return;
    const files = slices.map((slice) => ({ slice, bytes: png({ width: 16, height: 16, value: ++serial }) }));
    const claimed = chance(0.7);
    const signed = await api('POST', `${group.path}/signed-urls`, {
      ttl_seconds: 2,
      files: files.map(({ slice, bytes }) => {
        const file = fileFor(bytes, { slice_index: slice, label_name: 'liver' });
        return claimed ? file : { ...file, checksum: null };
      }),
    });
    if (signed?.status !== 200) return;
    const uploads = signed.body.uploads as SignedPut[];
    await Promise.all(
      uploads.map(async (upload, index) => {
        const bytes = files[index]?.bytes ?? Buffer.alloc(0);
        if (chance(0.03)) return; // never
        if (chance(0.03)) await delay(2500); // late: the URL is dead
        if (chance(0.01)) return void (await api('DELETE', `${group.path}/uploads/${upload.upload_id}`)); // given up
        if (chance(0.05)) {
          const renewed = await api('POST', `${group.path}/uploads/${upload.upload_id}/signed-url`, { ttl_seconds: 2 });
          if (renewed?.status === 200) return put(renewed.body as unknown as SignedPut, bytes);
        }
        if (chance(0.03)) return put(upload, png({ width: 16, height: 16, value: ++serial })); // wrong bytes
        if (chance(0.05)) {
          count('slow twins of a PUT');
          void putSlowly(
            upload,
            bytes.map((byte) => byte ^ 0xff),
          );
        }
        await put(upload, bytes);
        if (chance(0.1)) await put(upload, png({ width: 16, height: 16, value: ++serial })); // twice
        if (chance(0.05)) setTimeout(() => void put(upload, bytes), 1500); // again, perhaps after a delete
      }),
    );
    if (chance(0.1)) return; // nobody completes
    const body = {
      uploaded_files: uploads.map((upload, index) => (index % 2 ? upload.file_path : upload.upload_id)),
      replace,
    };
    if (replace) for (const slice of slices) markMaybeGone(group.slices.get(slice));
    const answers = await Promise.all(
      Array.from({ length: chance(0.2) ? 3 : 1 }, () => api('POST', `${group.path}/complete`, body)),
    );
    const answer = answers.find((one) => one?.status === 200);
    if (!answer) return;
    count('completions');
    if ((answer.body.masks as Mask[]).length !== uploads.length) {
      witness.violations.push(
        `a completion of ${uploads.length} files answered ${(answer.body.masks as Mask[]).length} masks`,
      );
      return;
    }
    for (const [index, mask] of (answer.body.masks as Mask[]).entries()) {
      const upload = uploads[index];
      const bytes = files[index]?.bytes;
      const slice = slices[index];
      if (!upload || !bytes || slice === undefined) continue;
      if (mask.file_path !== upload.file_path || mask.slice_index !== slice) {
        witness.violations.push(`a mask was attached to the wrong slice: ${JSON.stringify(mask)}`);
      }
      if (claimed && mask.checksum !== sha256(bytes)) {
        witness.violations.push(`a mask was recorded with other bytes than promised: ${mask.file_path}`);
      }
      const old = group.slices.get(slice);
      if (old) witness.gone.add(old);
      sawRecorded(group, slice, mask);
    }
  }

  /** `slice` is below 0 for a volume, which has none. */
  function sawRecorded(group: Group, slice: number, mask: Mask): void {
    witness.recorded.set(mask.file_path, mask.checksum ?? '');
    group.slices.set(slice, mask.file_path);
    group.masks.set(mask.file_path, mask.id);
    count('masks');
  }

  /** A file that is large enough to be sent in parts, which then is what is left lying about where it should not. */
  async function uploadVolume(group: Group): Promise<void> {
    const bytes = volume(THRESHOLD_BYTES + ++serial);
    const file = { mime_type: 'application/x-nifti', file_size: bytes.length, checksum: sha256(bytes) };
    const signed = await api('POST', `${group.path}/signed-url`, { ...file, ttl_seconds: 2 });
    if (signed?.status !== 200) return;
    const uploadId = String(signed.body.upload_id);
    const path = `${group.path}/uploads/${uploadId}`;
    for (const turn of chance(0.3) ? ['first', 'again'] : ['only']) {
      const parts = await api('POST', `${path}/signed-url`, { part_numbers: [1], ttl_seconds: 2 });
      const [part] = (parts?.body.parts ?? []) as SignedPart[];
      if (!part) return;
      if (turn === 'first' && chance(0.5)) continue;
      await put(part, bytes);
    }
    count('uploads in parts');
    if (chance(0.2)) return; // nobody completes
    if (chance(0.2)) return void (await api('DELETE', path));
    const answer = await api('POST', `${group.path}/complete`, { uploaded_files: [uploadId] });
    if (answer?.status === 200) sawRecorded(group, -serial, (answer.body.masks as [Mask])[0]);
  }

  function markMaybeGone(key: string | undefined): void {
    if (key !== undefined) witness.maybeGone.add(key);
  }

  async function deleteMask(group: Group): Promise<void> {
    const entry = pick([...group.slices]);
    if (!entry) return;
    const [slice, key] = entry;
    markMaybeGone(key);
    const answer = await api('DELETE', `/annotations/${group.annotation}/masks/${group.masks.get(key)}`);
    if (answer?.status === 204) witness.gone.add(key);
    if (answer) group.slices.delete(slice);
    count('mask deletions');
  }

  async function deleteAll(group: Group): Promise<void> {
    for (const key of group.slices.values()) markMaybeGone(key);
    const done = chance(0.5)
      ? (await api('DELETE', group.path))?.status === 204
      : (await sql('delete from annotation_annotation where id = ?', [group.annotation])) !== undefined;
    if (done) for (const key of group.slices.values()) witness.gone.add(key);
    count('group and annotation deletions');
  }

  while (!stopped()) {
    const group = await newGroup();
    if (!group) {
      await delay(100);
      continue;
    }
    const rounds = 1 + Math.floor(Math.random() * 5);
    for (let round = 0; round < rounds && !stopped(); round++) {
      await uploadSome(group);
      if (chance(0.1)) await uploadVolume(group);
      if (chance(0.2)) await deleteMask(group);
      if (chance(0.2)) await api('GET', `${group.path}/masks?include=download_url`);
    }
    if (chance(0.3)) await deleteAll(group);
  }
}
