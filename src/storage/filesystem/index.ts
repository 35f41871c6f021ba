import path from 'node:path';
import { addAbortSignal } from 'node:stream';
import type { ObjectKey } from '../../domain/types.js';
import { assertPartConditions } from '../part-conditions.js';
import { assertTtl, signingWindow } from '../signing-window.js';
import type { DownloadConditions, PartConditions, SignedRequest, Storage, UploadConditions } from '../storage.js';
import { StorageError } from '../storage.js';
import { checkRootFolder } from './check.js';
import { assertCorsOrigins, type CorsOrigins } from './cors.js';
import { noSuchKey } from './errno.js';
import { type Grant, signedPath } from './grant.js';
import { createHandler, type StorageHandler } from './handler.js';
import { isLegalKey } from './legal-key.js';
import { abortMultipart, completeMultipart, listMultiparts, listParts, startMultipart } from './multipart.js';
import { deleteObjects, listObjects, openObject, statObject } from './object-files.js';
import { parsePublicUrl } from './public-url.js';
import { createRootFolder } from './root-folder.js';
import { parseSecrets } from './secrets.js';
import { readWithin, within } from './time-limit.js';

export type { CorsOrigins } from './cors.js';
export type { StorageHandler } from './handler.js';

const DEFAULT_MAX_IDLE_MS = 10_000;
const DEFAULT_TIMEOUT_MS = 10_000;
const MEDIA_TYPE = /^[\w.+-]+\/[\w.+-]+(; ?[\w.+-]+=[\w.+-]+)*$/;
const FILE_NAME = /^[A-Za-z0-9._-]+$/;

export interface FilesystemStorageOptions {
  /**
   * The folder that holds the objects; made if missing. It must be the host's own: whoever can put files or symbolic
   * links into it decides what is served. It needs hard links (ext4, XFS, ZFS, NTFS, NFS have them; `check()` tells).
   */
  root: string;
  /** At least 32 bytes, the same in every process. Several for rotation: the first signs, all of them verify. */
  secret: string | readonly string[];
  /** Where clients reach the handler, such as `https://pacs.example/mask-files`. */
  publicUrl: string;
  /** Allows an `http:` public URL that is not loopback. Default false. */
  allowHttp?: boolean;
  /** Origins of the pages that upload and download, or `*`. Default none: same origin only. */
  corsOrigins?: CorsOrigins;
  /** Milliseconds for which an upload may send nothing. Default 10,000. */
  maxIdleMs?: number;
  /**
   * Milliseconds for which the server waits for the disk when it verifies what was stored. A share that hangs still takes
   * a thread of Node's pool for each call: mount it so that it gives up (NFS: `soft`). Default 10,000.
   */
  timeoutMs?: number;
  /** Milliseconds since 1970; for tests. Default `Date.now`. */
  clock?: () => number;
  /** Told of everything that the handler answers with a 5xx. Default: nobody is. */
  onError?: (error: unknown) => void;
}

export interface FilesystemStorage extends Storage {
  /**
   * Serves the signed URLs. Mount it at the path of `publicUrl`, ahead of authentication (the signature is the
   * capability) and of body parsers:
   *
   * ```ts
   * app.use('/mask-files', storage.handler);
   * ```
   *
   * A download of which the client takes nothing for a minute is cut off.
   *
   * On bare node:http, `createServer(storage.handler)` serves the public URL's path. Node gives a request five minutes
   * to arrive (`server.requestTimeout`): raise it where large volumes come over slow links.
   */
  readonly handler: StorageHandler;
}

/**
 * Keeps objects as files: a folder, a volume, a NAS. Gives what an object store gives, by itself: signed URLs are
 * HMAC-SHA-256 over everything they promise, and a file appears under its key only when it is whole and checked.
 *
 * The folder keeps bytes only, so `head()` knows no content type; a download has the type that was signed into its URL.
 *
 * @throws TypeError for options that cannot work; the message says what to give
 */
export function createFilesystemStorage(options: FilesystemStorageOptions): FilesystemStorage {
  const { root: folder, publicUrl, corsOrigins = [], maxIdleMs = DEFAULT_MAX_IDLE_MS, clock = Date.now } = options;
  const { timeoutMs = DEFAULT_TIMEOUT_MS } = options;
  if (typeof folder !== 'string' || folder === '')
    throw new TypeError('createFilesystemStorage: root must be a folder');
  const secrets = named('secret', () => parseSecrets(options.secret));
  const base = named('publicUrl', () => parsePublicUrl(publicUrl, options.allowHttp));
  assertCorsOrigins(corsOrigins);
  const root = createRootFolder(path.resolve(folder));

  function signed(grant: Grant, headers: Record<string, string>): SignedRequest {
    if (!isLegalKey(grant.key)) throw noSuchKey();
    if (!MEDIA_TYPE.test(grant.contentType)) throw new TypeError('contentType must be a media type');
    const url = `${base.url}${signedPath(grant, secrets[0])}`;
    return { method: grant.method, url, headers, expiresAt: new Date(grant.expiresAt) };
  }

  return {
    provider: 'filesystem',

    async signUpload(key: ObjectKey, { ttlSeconds, ...conditions }: UploadConditions) {
      assertTtl(ttlSeconds);
      const { contentType, contentLength, contentEncoding, sha256 } = conditions;
      if (!Number.isSafeInteger(contentLength) || contentLength < 1) throw new RangeError('contentLength must be ≥ 1');
      const expiresAt = clock() + ttlSeconds * 1000;
      return signed(
        { method: 'PUT', key, contentType, contentLength, contentEncoding, sha256, expiresAt },
        {
          'Content-Type': contentType,
          ...(contentEncoding ? { 'Content-Encoding': contentEncoding } : {}),
          'If-None-Match': '*',
        },
      );
    },

    async signDownload(key: ObjectKey, { ttlSeconds, method = 'GET', ...conditions }: DownloadConditions) {
      const { contentType, contentEncoding, fileName } = conditions;
      if (!FILE_NAME.test(fileName)) throw new TypeError('fileName must be a plain name');
      const expiresAt = signingWindow(ttlSeconds, clock()).expiresAt.getTime();
      return signed({ method, key, contentType, contentEncoding, fileName, expiresAt }, {});
    },

    startMultipart: (key) => startMultipart(root, key),

    async signPart(key: ObjectKey, conditions: PartConditions) {
      assertPartConditions(conditions);
      const { id, partNumber, contentLength, ttlSeconds } = conditions;
      const contentType = 'application/octet-stream';
      const expiresAt = clock() + ttlSeconds * 1000;
      return signed(
        { method: 'PUT', key, contentType, contentEncoding: undefined, contentLength, id, partNumber, expiresAt },
        { 'Content-Type': contentType },
      );
    },

    async listParts(key, id, { signal } = {}) {
      assertNotAborted(signal);
      return listParts(root, key, id);
    },

    completeMultipart: (key, id, parts, { signal } = {}) => completeMultipart(root, key, id, parts, signal),
    abortMultipart: (key, id) => abortMultipart(root, key, id),
    listMultiparts: (prefix) => listMultiparts(root, prefix),

    async head(key, { signal } = {}) {
      assertNotAborted(signal);
      const { size } = await within(timeoutMs, statObject(root, key));
      return { size, contentType: undefined, sha256: undefined };
    },

    async read(key, { range, signal } = {}) {
      assertNotAborted(signal);
      const { handle, size } = await within(timeoutMs, openObject(root, key), (late) => late.handle.close());
      const { start, end } = range ?? { start: 0, end: size - 1 };
      const body = readWithin(timeoutMs, handle, start, end);
      if (signal) addAbortSignal(signal, body);
      return { info: { size, contentType: undefined, sha256: undefined }, body };
    },

    delete: (keys) => deleteObjects(root, keys),
    list: (prefix) => listObjects(root, prefix),
    check: () => checkRootFolder(root),

    handler: createHandler({
      root,
      secrets,
      basePath: base.path,
      corsOrigins,
      maxIdleMs,
      clock,
      onError: options.onError ?? (() => {}),
    }),
  };
}

function assertNotAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new StorageError('unavailable', 'The call was aborted', { cause: signal.reason });
}

function named<T>(option: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw new TypeError(`createFilesystemStorage: ${option} ${error instanceof Error ? error.message : 'is wrong'}`);
  }
}
