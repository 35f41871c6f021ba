import assert from 'node:assert/strict';
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { buffer } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import type { ObjectKey, Sha256Hex } from '../domain/types.js';
import { type RawAnswer, send, sendChunked, sendHalf } from './contract-http.js';
import { type ContractRunner, globalRunner, patientHook, patientTest } from './contract-runner.js';
import {
  isStorageError,
  type ListedMultipart,
  type ListedObject,
  type PartConditions,
  type SignedRequest,
  type Storage,
  type StorageErrorCode,
  type UploadConditions,
} from './storage.js';

export type { ContractRunner } from './contract-runner.js';

/**
 * What a store promises, by name; the names that `check()` reports as well are the same here.
 *
 * - `checksum`: other bytes than the signed SHA-256 are refused
 * - `length`: other lengths than the signed one, and unknown ones, are refused
 * - `content-type`, `content-encoding`: others than the signed ones are refused
 * - `write-once`: the first writer of a key wins, every other one gets 412 (or 409 while it races)
 * - `signature`: a URL with any part changed is refused
 * - `method`: a URL is good for its own method only
 * - `expiry`: a URL dies when it says
 * - `stable-url`: a download URL stays the same for half of its life
 * - `range`: downloads answer Range requests
 * - `multipart`: objects can be uploaded in parts, listed and given up meanwhile
 */
export type GuaranteeName =
  | 'checksum'
  | 'length'
  | 'content-type'
  | 'content-encoding'
  | 'write-once'
  | 'signature'
  | 'method'
  | 'expiry'
  | 'stable-url'
  | 'range'
  | 'multipart';

export interface StorageContractBackend {
  /** The title of the suite. */
  name: string;
  /** Called once, before the first test: starts what the store needs and makes it. */
  create(): Promise<Storage> | Storage;
  /** Called once, after the last test. The suite has deleted its objects by then. */
  close?(storage: Storage): Promise<void> | void;
  /** Where the suite puts its objects. Default: `contract-` and a random id, so that suites can share a bucket. */
  prefix?: string;
  /** Guarantees that the server under test does not give. Their tests are reported as skipped, by name. */
  skip?: readonly GuaranteeName[];
  /** How many objects and parts to list in the tests of paging; S3 pages hold 1000. Default 0: they are skipped. */
  listedObjects?: number;
}

const PNG = 'image/png';
const TTL_SECONDS = 600;
const TEST_TIMEOUT_MS = 60_000;
const MIN_PART_BYTES = 5 * 2 ** 20;

/**
 * Registers the tests that every `Storage` has to pass, from the outside: what was signed is sent over HTTP, what was
 * stored is read back. Call it where the runner collects tests:
 *
 * ```ts
 * storageContract({ name: 'my store', create: () => createMyStorage(…) });
 * ```
 *
 * @param runner mocha, jest and vitest (with `globals: true`) are found by themselves; of node:test pass the functions
 */
export function storageContract(backend: StorageContractBackend, runner: ContractRunner = globalRunner()): void {
  const { describe, it, before, after } = runner;
  const skipped = new Set<GuaranteeName>(backend.skip);
  const root = backend.prefix ?? `contract-${randomUUID()}`;
  const made: ObjectKey[] = [];
  let storage: Storage;

  /** A test; one that rests on guarantees names them. */
  function test(
    title: string,
    ...rest: [() => Promise<void>] | [GuaranteeName | GuaranteeName[], () => Promise<void>]
  ): void {
    const [guarantees, body] = rest.length === 2 ? rest : [[], rest[0]];
    const missing = [guarantees].flat().filter((guarantee) => skipped.has(guarantee));
    if (missing.length > 0) it.skip(`${title} (not given: ${missing.join(', ')})`, body);
    else patientTest(it, title, TEST_TIMEOUT_MS, body);
  }

  function newKey(folder = 'objects', extension = 'png'): ObjectKey {
    const key = `${root}/${folder}/${randomUUID()}.${extension}` as ObjectKey;
    made.push(key);
    return key;
  }

  function signUpload(key: ObjectKey, bytes: Uint8Array, other: Partial<UploadConditions> = {}) {
    return storage.signUpload(key, {
      contentType: PNG,
      contentLength: bytes.byteLength,
      sha256: sha256(bytes),
      ttlSeconds: TTL_SECONDS,
      ...other,
    });
  }

  function signDownload(key: ObjectKey, method: 'GET' | 'HEAD' = 'GET', ttlSeconds = TTL_SECONDS) {
    return storage.signDownload(key, { ttlSeconds, method, contentType: PNG, fileName: 'mask-1.png' });
  }

  /** Uploads as a client would; the key of what is then stored. */
  async function stored(bytes: Uint8Array, key: ObjectKey = newKey()): Promise<ObjectKey> {
    const answer = await send(await signUpload(key, bytes), bytes);
    assert.ok(isSuccess(answer), `an upload as signed was refused with ${answer.status}: ${answer.body}`);
    return key;
  }

  async function sendPart(key: ObjectKey, id: string, partNumber: number, bytes: Uint8Array): Promise<void> {
    const signed = await storage.signPart(key, {
      id,
      partNumber,
      contentLength: bytes.byteLength,
      ttlSeconds: TTL_SECONDS,
    });
    const answer = await send(signed, bytes);
    assert.ok(isSuccess(answer), `a part as signed was refused with ${answer.status}: ${answer.body}`);
  }

  async function bytesOf(key: ObjectKey): Promise<Buffer> {
    const { body } = await storage.read(key);
    return buffer(body);
  }

  async function assertNothingStored(key: ObjectKey): Promise<void> {
    await assert.rejects(storage.head(key), hasCode('no-such-key'), 'something was stored');
  }

  describe(`${backend.name}: storage contract`, () => {
    patientHook(before, TEST_TIMEOUT_MS, async () => {
      storage = await backend.create();
    });

    patientHook(after, TEST_TIMEOUT_MS, async () => {
      if (!storage) return;
      await storage.delete(made);
      await backend.close?.(storage);
    });

    describe('a signed upload', () => {
      test('takes the bytes, which then read, list and download as they were sent', async () => {
        const bytes = randomBytes(2500);
        const key = newKey('round-trip');
        const signed = await signUpload(key, bytes);
        const { method, url, headers } = signed;
        const answer = await fetch(url, { method, headers, body: bytes });
        assert.ok(answer.ok, `refused with ${answer.status}: ${await answer.text()}`);

        assert.equal((await storage.head(key)).size, 2500);
        const { info, body } = await storage.read(key);
        assert.equal(info.size, 2500);
        assert.deepEqual(await buffer(body), bytes);
        const [listed] = await all(storage.list(`${root}/round-trip/`));
        assert.equal(listed?.key, key);
        assert.equal(listed?.size, 2500);
        const download = await signDownload(key);
        const downloaded = await fetch(download.url, { headers: download.headers });
        assert.equal(downloaded.status, 200);
        assert.deepEqual(Buffer.from(await downloaded.arrayBuffer()), bytes);
      });

      test('takes bytes whose checksum was not signed', async () => {
        const bytes = randomBytes(100);
        const key = newKey();
        const answer = await send(await signUpload(key, bytes, { sha256: undefined }), bytes);
        assert.ok(isSuccess(answer), `refused with ${answer.status}`);
        assert.deepEqual(await bytesOf(key), bytes);
      });

      test('takes one byte, and a few megabytes', async () => {
        for (const bytes of [randomBytes(1), randomBytes(5_000_001)]) {
          assert.equal(sha256(await bytesOf(await stored(bytes))), sha256(bytes));
        }
      });

      test('says method, expiry and headers, and leaves to the client what clients set themselves', async () => {
        const asked = Date.now();
        const { method, headers, expiresAt } = await signUpload(newKey(), randomBytes(10));
        assert.equal(method, 'PUT');
        const names = Object.keys(headers).map((name) => name.toLowerCase());
        assert.ok(names.includes('content-type'));
        assert.ok(!names.includes('content-length') && !names.includes('host'), `headers are ${names}`);
        assertLivesAbout(expiresAt, asked, TTL_SECONDS);
      });

      test('attests the SHA-256 of the whole object, or says nothing of it', async () => {
        const bytes = randomBytes(64);
        const { sha256: attested } = await storage.head(await stored(bytes));
        assert.ok(attested === undefined || attested === sha256(bytes), 'head() attests another checksum');
      });

      test('refuses other bytes', 'checksum', async () => {
        const bytes = randomBytes(500);
        const key = newKey();
        const answer = await send(await signUpload(key, bytes), randomBytes(500));
        assertRefused(answer);
        await assertNothingStored(key);
      });

      for (const [title, length] of [
        ['fewer bytes', 499],
        ['more bytes', 501],
        ['no bytes', 0],
      ] as const) {
        test(`refuses ${title} than signed`, 'length', async () => {
          const key = newKey();
          const signed = await signUpload(key, randomBytes(500), { sha256: undefined });
          assertRefused(await send(signed, randomBytes(length)));
          await assertNothingStored(key);
        });
      }

      test('refuses a body of unknown length', 'length', async () => {
        const bytes = randomBytes(500);
        const key = newKey();
        assertRefused(await sendChunked(await signUpload(key, bytes), bytes));
        await assertNothingStored(key);
      });

      test('stores nothing of a body that breaks off, and takes it whole the next time', 'length', async () => {
        const bytes = randomBytes(200_000);
        const key = newKey();
        const signed = await signUpload(key, bytes);
        await sendHalf(signed, bytes);
        await assertNothingStored(key);
        assert.ok(isSuccess(await send(signed, bytes)));
        assert.equal(sha256(await bytesOf(key)), sha256(bytes));
      });

      test('refuses another content type, and none', 'content-type', async () => {
        const bytes = randomBytes(50);
        const key = newKey();
        const signed = await signUpload(key, bytes);
        for (const value of ['text/html', `${PNG}; charset=utf-8`, undefined]) {
          assertRefused(await send(withHeader(signed, 'content-type', value), bytes));
        }
        await assertNothingStored(key);
      });

      test('keeps gzip as it came, and says so on download', 'content-encoding', async () => {
        const bytes = gzipSync(randomBytes(1000));
        const key = newKey('objects', 'nii.gz');
        const conditions = { contentType: 'application/vnd.nifti', contentEncoding: 'gzip' } as const;
        const answer = await send(await signUpload(key, bytes, conditions), bytes);
        assert.ok(isSuccess(answer), `refused with ${answer.status}`);
        assert.deepEqual(await bytesOf(key), bytes);
        const download = await storage.signDownload(key, {
          ...conditions,
          ttlSeconds: TTL_SECONDS,
          fileName: 'mask-1.nii',
        });
        const downloaded = await send(download);
        assert.equal(downloaded.headers['content-encoding'], 'gzip');
        assert.deepEqual(downloaded.body, bytes);
      });

      test('refuses another content encoding, and none', 'content-encoding', async () => {
        const bytes = gzipSync(randomBytes(50));
        const key = newKey('objects', 'json');
        const signed = await signUpload(key, bytes, { contentType: 'application/json', contentEncoding: 'gzip' });
        for (const value of ['br', undefined]) {
          assertRefused(await send(withHeader(signed, 'content-encoding', value), bytes));
        }
        await assertNothingStored(key);
      });
    });

    describe('an object', () => {
      test('cannot be written again, by the same URL or another', 'write-once', async () => {
        const [first, second] = [randomBytes(300), randomBytes(300)];
        const key = newKey();
        const signed = await signUpload(key, first);
        const open = await signUpload(key, second);
        assert.ok(isSuccess(await send(signed, first)));
        assert.equal((await send(signed, first)).status, 412);
        assert.equal((await send(open, second)).status, 412);
        assert.deepEqual(await bytesOf(key), first);
      });

      test('has one writer when ten race', 'write-once', async () => {
        const key = newKey();
        const bodies = Array.from({ length: 10 }, () => randomBytes(20_000));
        const signed = await Promise.all(bodies.map((bytes) => signUpload(key, bytes)));
        const answers = await Promise.all(signed.map((request, i) => send(request, bodies[i])));
        const winners = bodies.filter((_, i) => isSuccess(answers[i]));
        assert.equal(winners.length, 1, `answered ${answers.map(({ status }) => status)}`);
        assert.ok(answers.every((answer) => isSuccess(answer) || [409, 412].includes(answer.status)));
        assert.equal(sha256(await bytesOf(key)), sha256(winners[0] ?? Buffer.alloc(0)));
      });

      test('cannot be written without saying If-None-Match', 'write-once', async () => {
        const bytes = randomBytes(30);
        const key = newKey();
        assertRefused(await send(withHeader(await signUpload(key, bytes), 'if-none-match', undefined), bytes));
        await assertNothingStored(key);
      });
    });

    describe('an upload in parts', () => {
      /** Of the least size that S3 takes, but for the last one. */
      const parts = [randomBytes(MIN_PART_BYTES), randomBytes(MIN_PART_BYTES), randomBytes(1000)] as const;
      const whole = Buffer.concat(parts);
      const nifti = { contentType: 'application/vnd.nifti' };
      const newVolume = (folder = 'parts') => newKey(folder, 'nii');

      async function started(key: ObjectKey, ...numbers: number[]): Promise<string> {
        const id = await storage.startMultipart(key, nifti);
        for (const number of numbers) await sendPart(key, id, number, parts[number - 1] ?? Buffer.alloc(0));
        return id;
      }

      function signPart(key: ObjectKey, id: string, more: Partial<PartConditions> = {}): Promise<SignedRequest> {
        return storage.signPart(key, { id, partNumber: 1, contentLength: 1000, ttlSeconds: TTL_SECONDS, ...more });
      }

      const numbersOf = async (key: ObjectKey, id: string) =>
        (await storage.listParts(key, id)).map(({ partNumber, size }) => [partNumber, size]);

      async function assertNothingUnfinished(key: ObjectKey): Promise<void> {
        assert.deepEqual(await all(storage.listMultiparts(key)), []);
      }

      async function assertEnded(key: ObjectKey, id: string): Promise<void> {
        await assert.rejects(storage.listParts(key, id), hasCode('no-such-upload'));
        await assertNothingUnfinished(key);
      }

      test(
        'becomes an object when it is completed, whatever the order and however often parts came',
        'multipart',
        async () => {
          const key = newVolume();
          const id = await storage.startMultipart(key, nifti);
          assert.deepEqual(await storage.listParts(key, id), []);
          await sendPart(key, id, 3, parts[2]);
          await sendPart(key, id, 1, randomBytes(MIN_PART_BYTES));
          await Promise.all([sendPart(key, id, 2, parts[1]), sendPart(key, id, 1, parts[0])]);
          assert.deepEqual(await numbersOf(key, id), [
            [1, MIN_PART_BYTES],
            [2, MIN_PART_BYTES],
            [3, 1000],
          ]);
          await assertNothingStored(key);
          assert.deepEqual(await all(storage.list(key)), []);

          await storage.completeMultipart(key, id, await storage.listParts(key, id));
          assert.equal(sha256(await bytesOf(key)), sha256(whole));
          const { size, sha256: attested } = await storage.head(key);
          assert.equal(size, whole.length);
          assert.ok(attested === undefined || attested === sha256(whole), 'head() attests another checksum');
          assert.deepEqual(
            (await all(storage.list(key))).map((listed) => [listed.key, listed.size]),
            [[key, whole.length]],
          );
          await assertEnded(key, id);
        },
      );

      test('keeps type and encoding, which a download then has', 'multipart', async () => {
        const key = newKey('parts', 'nii.gz');
        const conditions = { contentType: 'application/vnd.nifti', contentEncoding: 'gzip' } as const;
        const bytes = gzipSync(randomBytes(100));
        const id = await storage.startMultipart(key, conditions);
        await sendPart(key, id, 1, bytes);
        await storage.completeMultipart(key, id, await storage.listParts(key, id));
        const { contentType } = await storage.head(key);
        assert.ok(contentType === undefined || contentType === conditions.contentType, `it is ${contentType}`);
        const download = { ...conditions, ttlSeconds: TTL_SECONDS, fileName: 'mask-1.nii' };
        const answer = await send(await storage.signDownload(key, download));
        assert.equal(answer.headers['content-encoding'], 'gzip');
        assert.equal(answer.headers['content-type'], conditions.contentType);
        assert.deepEqual(answer.body, bytes);
      });

      test('changes nothing when it is completed again, and says when it is no more', 'multipart', async () => {
        const key = newVolume();
        const id = await started(key, 1);
        const listed = await storage.listParts(key, id);
        await storage.completeMultipart(key, id, listed);
        await storage.completeMultipart(key, id, listed).catch((error: unknown) => {
          if (!hasCode('no-such-upload')(error)) throw error;
        });
        const unknown = `${id.slice(0, -1)}${otherCharacter(id.slice(-1))}`;
        await assert.rejects(storage.listParts(key, unknown), hasCode('no-such-upload'));
        await storage.abortMultipart(key, unknown);
        assert.equal(sha256(await bytesOf(key)), sha256(parts[0]));
      });

      test('leaves an object alone that is there before it is completed', ['multipart', 'write-once'], async () => {
        const key = newVolume();
        const id = await started(key, 1);
        const first = await stored(randomBytes(100), key);
        const bytes = await bytesOf(first);
        await storage.completeMultipart(key, id, await storage.listParts(key, id));
        assert.deepEqual(await bytesOf(key), bytes);
        await storage.abortMultipart(key);
        await assertNothingUnfinished(key);
      });

      test(
        'leaves nothing when it is given up, by its name or all of a key, and does not mind a repeat',
        'multipart',
        async () => {
          const [key, longer] = [newVolume(), newVolume()];
          const [one, two, three] = [await started(key, 1), await started(key, 3), await started(key)];
          const other = await started(`${key}.gz` as ObjectKey, 3);
          const elsewhere = await started(longer, 3);
          await storage.abortMultipart(key, one);
          await assert.rejects(storage.listParts(key, one), hasCode('no-such-upload'));
          assert.deepEqual(await numbersOf(key, two), [[3, 1000]]);
          await storage.abortMultipart(key);
          for (const id of [two, three]) await assert.rejects(storage.listParts(key, id), hasCode('no-such-upload'));
          assert.deepEqual(
            (await all(storage.listMultiparts(key))).map((found) => found.id),
            [other],
          );
          for (const id of [undefined, one]) await storage.abortMultipart(key, id);
          await assertNothingStored(key);
          await storage.abortMultipart(`${key}.gz` as ObjectKey);
          await storage.abortMultipart(longer, elsewhere);
          await assertEnded(longer, elsewhere);
        },
      );

      test('takes no part once it was given up or completed', 'multipart', async () => {
        const [given, done] = [newVolume(), newVolume()];
        const ids = [await started(given, 1), await started(done, 1)] as const;
        const urls = [await signPart(given, ids[0]), await signPart(done, ids[1])];
        await storage.abortMultipart(given);
        await storage.completeMultipart(done, ids[1], await storage.listParts(done, ids[1]));
        for (const signed of urls) assertRefused(await send(signed, parts[2]));
        await assertNothingStored(given);
        await assertEnded(given, ids[0]);
        await assertEnded(done, ids[1]);
        assert.equal(sha256(await bytesOf(done)), sha256(parts[0]));
      });

      test('has URLs that say method, expiry and headers', 'multipart', async () => {
        const asked = Date.now();
        const { method, headers, expiresAt } = await signPart(
          newVolume(),
          await storage.startMultipart(newVolume(), nifti),
        );
        assert.equal(method, 'PUT');
        const names = Object.keys(headers).map((name) => name.toLowerCase());
        assert.ok(!names.includes('content-length') && !names.includes('host'), `headers are ${names}`);
        assertLivesAbout(expiresAt, asked, TTL_SECONDS);
      });

      test('takes exactly the length that was signed of a part', ['multipart', 'length'], async () => {
        const key = newVolume();
        const id = await started(key);
        const signed = await signPart(key, id);
        for (const length of [0, 999, 1001]) assertRefused(await send(signed, randomBytes(length)), `${length} bytes`);
        assertRefused(await sendChunked(signed, parts[2]));
        await sendHalf(signed, parts[2]);
        assert.deepEqual(await numbersOf(key, id), []);
        assert.ok(isSuccess(await send(signed, parts[2])));
        assert.deepEqual(await numbersOf(key, id), [[1, 1000]]);
        await storage.abortMultipart(key);
      });

      test(
        'has URLs that are refused with anything changed or left out, and for another method',
        ['multipart', 'signature', 'method'],
        async () => {
          const [key, other] = [newVolume(), newVolume()];
          const [id, otherId] = [await started(key), await started(other)];
          const signed = await signPart(key, id);
          for (const url of tamperedUrls(signed.url)) assertRefused(await send({ ...signed, url }, parts[2]), url);
          for (const [mine, theirs] of [
            [key, other],
            [encodeURIComponent(id), encodeURIComponent(otherId)],
          ] as const) {
            const url = signed.url.replaceAll(mine, theirs);
            assert.notEqual(url, signed.url);
            assertRefused(await send({ ...signed, url }, parts[2]), url);
          }
          assertRefused(await send({ ...signed, url: withoutQuery(signed.url) }, parts[2]));
          for (const method of ['GET', 'HEAD', 'DELETE', 'POST']) assertRefused(await send({ ...signed, method }));
          assert.deepEqual(await numbersOf(key, id), []);
          assert.deepEqual(await numbersOf(other, otherId), []);
          for (const made of [key, other]) {
            await assertNothingStored(made);
            await storage.abortMultipart(made);
          }
        },
      );

      test('has URLs that die when they say', ['multipart', 'expiry'], async () => {
        const key = newVolume();
        const id = await started(key);
        const signed = await signPart(key, id, { ttlSeconds: 1 });
        const deadline = Date.now() + 15_000;
        while (isSuccess(await send(signed, parts[2]))) {
          assert.ok(Date.now() < deadline, 'a URL signed for one second still works after 15');
          await delay(50);
        }
        assert.ok(Date.now() >= signed.expiresAt.getTime() - 1000, 'a URL died more than a second early');
        await storage.abortMultipart(key);
      });

      test('is not signed for what cannot be', 'multipart', async () => {
        const key = newVolume();
        for (const wrong of [
          { ttlSeconds: 0 },
          { ttlSeconds: 1.5 },
          { ttlSeconds: 604_801 },
          { partNumber: 0 },
          { partNumber: 10_001 },
          { partNumber: 1.5 },
          { contentLength: 0 },
          { contentLength: Number.NaN },
          { id: '' },
        ]) {
          await assert.rejects(signPart(key, randomUUID(), wrong), JSON.stringify(wrong));
        }
      });

      test('is listed while it is unfinished, with when it began', 'multipart', async () => {
        const begun = Date.now();
        const keys = [newVolume('unfinished/1'), newVolume('unfinished/1'), newVolume('unfinished/10')];
        const ids = await Promise.all(keys.map((key) => started(key)));
        const listed = await all(storage.listMultiparts(`${root}/unfinished/1/`));
        assert.deepEqual(listed.map(({ id }) => id).sort(), ids.slice(0, 2).sort());
        assert.deepEqual(listed.map(({ key }) => key).sort(), keys.slice(0, 2).sort());
        for (const { startedAt } of listed) {
          assert.ok(Math.abs(startedAt.getTime() - begun) < 300_000, 'startedAt is not about now');
        }
        assert.equal((await all(storage.listMultiparts(`${root}/unfinished/`))).length, 3);
        assert.equal((await all(storage.listMultiparts(`${root}/unfinished/1`))).length, 3);
        assert.deepEqual(await all(storage.listMultiparts(`${root}/nothing-here/`)), []);
        for (const key of keys) await storage.abortMultipart(key);
      });

      const many = backend.listedObjects ?? 0;
      const manyTitle = `tells of all of ${many || 'many'} parts`;
      const listMany = async () => {
        const key = newVolume();
        const id = await started(key);
        const numbers = Array.from({ length: many }, (_, i) => i + 1);
        for (let i = 0; i < many; i += 25) {
          await Promise.all(numbers.slice(i, i + 25).map((number) => sendPart(key, id, number, randomBytes(1))));
        }
        assert.deepEqual(
          await numbersOf(key, id),
          numbers.map((number) => [number, 1]),
        );
        await storage.abortMultipart(key);
        await assertEnded(key, id);
      };
      if (many > 0) test(manyTitle, 'multipart', listMany);
      else it.skip(`${manyTitle} (listedObjects is not set)`, listMany);

      test('stops when its signal does', 'multipart', async () => {
        const key = newVolume();
        const id = await started(key, 1);
        const signal = AbortSignal.abort();
        const listed = await storage.listParts(key, id);
        await assert.rejects(storage.listParts(key, id, { signal }), hasCode('unavailable'));
        await assert.rejects(storage.completeMultipart(key, id, listed, { signal }), hasCode('unavailable'));
        await assertNothingStored(key);
        await storage.completeMultipart(key, id, await storage.listParts(key, id));
        assert.equal(sha256(await bytesOf(key)), sha256(parts[0]));
      });
    });

    describe('a signed download', () => {
      test('answers with the type and the file name that were signed', async () => {
        const bytes = randomBytes(700);
        const answer = await send(await signDownload(await stored(bytes)));
        assert.equal(answer.status, 200);
        assert.equal(answer.headers['content-type'], PNG);
        assert.equal(answer.headers['content-length'], '700');
        assert.match(answer.headers['content-disposition'] ?? '', /\bfilename="?mask-1\.png"?(;|$)/);
        assert.ok(answer.headers.etag);
        assert.deepEqual(answer.body, bytes);
      });

      test('answers a signed HEAD', async () => {
        const answer = await send(await signDownload(await stored(randomBytes(700)), 'HEAD'));
        assert.equal(answer.status, 200);
        assert.equal(answer.headers['content-length'], '700');
        assert.equal(answer.body.length, 0);
      });

      test('answers 404 where nothing is', async () => {
        assert.equal((await send(await signDownload(newKey()))).status, 404);
      });

      test('answers a range of the bytes', 'range', async () => {
        const bytes = randomBytes(1000);
        const signed = await signDownload(await stored(bytes));
        const answer = await send(withHeader(signed, 'range', 'bytes=100-199'));
        assert.equal(answer.status, 206);
        assert.equal(answer.headers['content-range'], 'bytes 100-199/1000');
        assert.deepEqual(answer.body, bytes.subarray(100, 200));
        assert.deepEqual((await send(withHeader(signed, 'range', 'bytes=-10'))).body, bytes.subarray(990));
        assert.equal((await send(withHeader(signed, 'range', 'bytes=1000-'))).status, 416);
      });

      test('is the same URL for half of its life, with at least half of it left', 'stable-url', async () => {
        const key = newKey();
        const asked = Date.now();
        // a window may end between two of them, not twice in a row
        const [a, b, c] = [await signDownload(key), await signDownload(key), await signDownload(key)];
        assert.ok(a.url === b.url || b.url === c.url, 'the URL changes from call to call');
        assertLivesAbout(a.expiresAt, asked, TTL_SECONDS);
      });
    });

    describe('a signed URL', () => {
      test('is good for its own method only', 'method', async () => {
        const bytes = randomBytes(40);
        const key = await stored(bytes);
        const put = await signUpload(key, bytes);
        const get = await signDownload(key);
        const head = await signDownload(key, 'HEAD');
        for (const method of ['GET', 'HEAD', 'DELETE', 'POST']) assertRefused(await send({ ...put, method }));
        for (const method of ['HEAD', 'DELETE']) assertRefused(await send({ ...get, method }));
        assertRefused(await send({ ...head, method: 'GET' }));
        const other = newKey();
        const getOther = await signDownload(other);
        assertRefused(await send({ ...getOther, method: 'PUT', headers: put.headers }, bytes));
        await assertNothingStored(other);
        assert.deepEqual(await bytesOf(key), bytes);
      });

      test('is refused for another key', 'signature', async () => {
        const bytes = randomBytes(40);
        const [mine, other, empty] = [await stored(bytes), await stored(bytes), newKey()];
        const get = await signDownload(mine);
        assertRefused(await send({ ...get, url: get.url.replace(mine, other) }));
        const wanted = newKey();
        const put = await signUpload(wanted, bytes);
        assertRefused(await send({ ...put, url: put.url.replace(wanted, empty) }, bytes));
        await assertNothingStored(empty);
      });

      test('is refused with any parameter changed or left out', 'signature', async () => {
        const bytes = randomBytes(40);
        const get = await signDownload(await stored(bytes));
        for (const url of tamperedUrls(get.url)) assertRefused(await send({ ...get, url }), url);
        const key = newKey();
        const put = await signUpload(key, bytes);
        for (const url of tamperedUrls(put.url)) assertRefused(await send({ ...put, url }, bytes), url);
        await assertNothingStored(key);
      });

      test('is refused without any signature', 'signature', async () => {
        const bytes = randomBytes(40);
        const get = await signDownload(await stored(bytes));
        assertRefused(await send({ ...get, url: withoutQuery(get.url) }));
        const key = newKey();
        const put = await signUpload(key, bytes);
        assertRefused(await send({ ...put, url: withoutQuery(put.url) }, bytes));
        await assertNothingStored(key);
      });

      test('dies when it says', 'expiry', async () => {
        const bytes = randomBytes(40);
        const key = newKey();
        const put = await signUpload(key, bytes, { ttlSeconds: 1 });
        const get = await signDownload(await stored(bytes), 'GET', 1);
        const deadline = Date.now() + 15_000;
        while (isSuccess(await send(get))) {
          assert.ok(Date.now() < deadline, 'a URL signed for one second still works after 15');
          await delay(50);
        }
        assert.ok(Date.now() >= get.expiresAt.getTime() - 1000, 'a URL died more than a second early');
        assertRefused(await send(put, bytes));
        await assertNothingStored(key);
      });

      test('is not made for a life that is none', async () => {
        for (const ttlSeconds of [0, -1, 1.5, Number.NaN, 604_801]) {
          await assert.rejects(signUpload(newKey(), randomBytes(1), { ttlSeconds }), `signed for ${ttlSeconds} s`);
          await assert.rejects(signDownload(newKey(), 'GET', ttlSeconds), `signed for ${ttlSeconds} s`);
        }
      });
    });

    describe('read()', () => {
      test('reads a range, both ends included, and tells the size of the whole', async () => {
        const bytes = randomBytes(1000);
        const { info, body } = await storage.read(await stored(bytes), { range: { start: 10, end: 19 } });
        assert.deepEqual(await buffer(body), bytes.subarray(10, 20));
        assert.equal(info.size, 1000);
      });

      test('ends at the end of the object when the range goes on', async () => {
        const bytes = randomBytes(100);
        const { body } = await storage.read(await stored(bytes), { range: { start: 90, end: 4095 } });
        assert.deepEqual(await buffer(body), bytes.subarray(90));
      });

      test('can be left early, again and again', async () => {
        const key = await stored(randomBytes(3_000_000));
        for (let i = 0; i < 60; i++) {
          const { body } = await storage.read(key);
          await once(body, 'data');
          body.destroy();
        }
        assert.equal((await bytesOf(key)).length, 3_000_000);
      });

      test('stops when its signal does', async () => {
        const key = await stored(randomBytes(5_000_000));
        await assert.rejects(storage.read(key, { signal: AbortSignal.abort() }));
        await assert.rejects(storage.head(key, { signal: AbortSignal.abort() }));
        const stop = new AbortController();
        const { body } = await storage.read(key, { signal: stop.signal });
        await once(body, 'data');
        stop.abort();
        await assert.rejects(buffer(body));
      });

      test('says that an object is missing, as head() does', async () => {
        await assert.rejects(storage.read(newKey()), hasCode('no-such-key'));
        await assert.rejects(storage.head(newKey()), hasCode('no-such-key'));
      });
    });

    describe('delete()', () => {
      test('deletes what is there, and does not mind what is not', async () => {
        const there = await Promise.all([1, 2, 3].map(() => stored(randomBytes(10))));
        const keys = Array.from({ length: 1200 }, (_, i) => there[i / 500] ?? newKey('missing'));
        assert.deepEqual(await storage.delete(keys), []);
        for (const key of there) await assertNothingStored(key);
        assert.deepEqual(await storage.delete(there), []);
        assert.deepEqual(await storage.delete([]), []);
      });

      test('makes a download answer 404', async () => {
        const key = await stored(randomBytes(10));
        const signed = await signDownload(key);
        assert.equal((await send(signed)).status, 200);
        await storage.delete([key]);
        assert.equal((await send(signed)).status, 404);
      });
    });

    describe('list()', () => {
      test('lists what is under the prefix, and nothing else', async () => {
        const begun = Date.now();
        const mine = await Promise.all([11, 12, 13].map((size) => stored(randomBytes(size), newKey('list/1'))));
        await stored(randomBytes(10), newKey('list/10'));
        const listed = await all(storage.list(`${root}/list/1/`));
        assert.deepEqual(listed.map(({ key }) => key).sort(), [...mine].sort());
        assert.deepEqual(listed.map(({ size }) => size).sort(), [11, 12, 13]);
        for (const { lastModified } of listed) {
          assert.ok(Math.abs(lastModified.getTime() - begun) < 300_000, 'lastModified is not about now');
        }
        assert.equal((await all(storage.list(`${root}/list/`))).length, 4);
        assert.equal((await all(storage.list(`${root}/list/1`))).length, 4, 'a prefix need not end at a slash');
        assert.deepEqual(await all(storage.list(`${root}/nothing-here/`)), []);
      });

      const many = backend.listedObjects ?? 0;
      const title = `lists all of ${many || 'many'} objects`;
      const listMany = async () => {
        const keys = Array.from({ length: many }, () => newKey('pages'));
        for (let i = 0; i < many; i += 25) {
          await Promise.all(keys.slice(i, i + 25).map((key) => stored(randomBytes(1), key)));
        }
        const listed = await all(storage.list(`${root}/pages/`));
        assert.deepEqual(listed.map(({ key }) => key).sort(), keys.sort());
      };
      if (many > 0) test(title, listMany);
      else it.skip(`${title} (listedObjects is not set)`, listMany);

      test('can be left early', async () => {
        await Promise.all([1, 2].map(() => stored(randomBytes(5), newKey('left'))));
        for await (const { size } of storage.list(`${root}/left/`)) {
          assert.equal(size, 5);
          break;
        }
      });
    });

    describe('check()', () => {
      test('finds in words that everything holds, but for what is skipped here', async () => {
        const { ok, findings } = await storage.check();
        assert.ok(findings.length > 0);
        for (const finding of findings) {
          assert.ok(finding.name && finding.message, 'a finding says nothing');
          const expected = finding.ok || skipped.has(finding.name as GuaranteeName);
          assert.ok(expected, `${finding.name}: ${finding.message}`);
        }
        assert.equal(
          ok,
          findings.every((finding) => finding.ok),
        );
      });
    });
  });
}

function sha256(bytes: Uint8Array): Sha256Hex {
  return createHash('sha256').update(bytes).digest('hex') as Sha256Hex;
}

function isSuccess(answer: RawAnswer | undefined): boolean {
  return answer !== undefined && answer.status >= 200 && answer.status < 300;
}

function assertRefused(answer: RawAnswer, what = 'a request that was not signed'): void {
  assert.ok(answer.status >= 400 && answer.status < 500, `${what} was answered with ${answer.status}`);
}

function assertLivesAbout(expiresAt: Date, asked: number, ttlSeconds: number): void {
  const left = (expiresAt.getTime() - asked) / 1000;
  assert.ok(left >= ttlSeconds / 2 - 1 && left <= ttlSeconds + 1, `${left} s left of ${ttlSeconds}`);
}

function hasCode(code: StorageErrorCode): (error: unknown) => boolean {
  return (error) => isStorageError(error) && error.code === code;
}

/** The same request with one header changed, or without it. */
function withHeader(request: SignedRequest, name: string, value: string | undefined): SignedRequest {
  const kept = Object.entries(request.headers).filter(([other]) => other.toLowerCase() !== name);
  return { ...request, headers: { ...Object.fromEntries(kept), ...(value === undefined ? {} : { [name]: value }) } };
}

function withoutQuery(url: string): string {
  return url.slice(0, url.indexOf('?'));
}

/** For every parameter of the query, the URL with its last character changed and the URL without it. */
function tamperedUrls(url: string): string[] {
  const parameters = url.slice(url.indexOf('?') + 1).split('&');
  return parameters.flatMap((parameter, at) =>
    [[`${parameter.slice(0, -1)}${otherCharacter(parameter.slice(-1))}`], []].map(
      (instead) => `${withoutQuery(url)}?${parameters.toSpliced(at, 1, ...instead).join('&')}`,
    ),
  );
}

/** Another character of the same kind, so that what is tampered with stays well-formed. */
function otherCharacter(character: string): string {
  if (/\d/.test(character)) return String((Number(character) + 1) % 10);
  return character.toLowerCase() === 'a' ? 'b' : 'a';
}

async function all<T extends ListedObject | ListedMultipart>(objects: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const object of objects) found.push(object);
  return found;
}
