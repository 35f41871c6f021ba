import type { Readable } from 'node:stream';
import {
  type ListMaskGroupsQuery,
  type ListMasksQuery,
  type ListUploadsQuery,
  parseIncludeQuery,
  parseListMaskGroupsQuery,
  parseListMasksQuery,
  parseListUploadsQuery,
} from '../domain/query.js';
import type {
  CompleteRequest,
  Completion,
  FileToSign,
  Mask,
  MaskGroup,
  MaskGroupFields,
  MaskGroupStats,
  PendingUpload,
  Principal,
  SignedDownload,
  SignedParts,
  SignedPut,
  SignedUpload,
} from '../domain/types.js';
import { completeUpload } from './complete-upload.js';
import { createContext, type GroupScope, type MaskScope, type Scope, type UploadScope } from './context.js';
import { createMaskGroup } from './create-mask-group.js';
import { deleteMask } from './delete-mask.js';
import { deleteMaskGroup } from './delete-mask-group.js';
import { getMask, maskNotFound, requireMaskForDownload } from './get-mask.js';
import { getMaskGroup, groupNotFound } from './get-mask-group.js';
import { getMaskGroupArchive } from './get-mask-group-archive.js';
import { giveUpUpload } from './give-up-upload.js';
import { listMaskGroups } from './list-mask-groups.js';
import { listMasks } from './list-masks.js';
import { listUploads } from './list-uploads.js';
import { openScope } from './open-scope.js';
import type { MaskUploadOptions } from './options.js';
import { readMask } from './read-mask.js';
import { renewUpload } from './renew-upload.js';
import { signMaskDownload } from './sign-download.js';
import { signUpload, signUploads } from './sign-uploads.js';
import { updateMaskGroup } from './update-mask-group.js';

/** The annotation a call is about, and who makes it. The service asks nobody for permission: the caller has it. */
export interface AnnotationTarget {
  annotationId: string | number | bigint;
  /** Becomes `created_by`. */
  principal?: Principal | null | undefined;
  /** Ends the waiting: what was found out about files so far is kept. The call rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
}

export interface GroupTarget extends AnnotationTarget {
  groupId: number;
}

export interface UploadTarget extends GroupTarget {
  uploadId: string;
}

export interface MaskTarget extends AnnotationTarget {
  maskId: number;
}

type TtlSeconds = { ttl_seconds?: number | null | undefined };
type Include = { include?: 'download_url' | undefined };
type Optional<T> = { [K in keyof T]?: T[K] | undefined };

/**
 * The use cases of the HTTP API as plain functions, for the host's own code. Bodies and results are those of the API;
 * errors are `MaskUploadError`s with the API's codes.
 */
export interface MaskUploadService {
  createMaskGroup(target: AnnotationTarget, body?: MaskGroupFields): Promise<MaskGroup>;
  listMaskGroups(
    target: AnnotationTarget,
    query?: Optional<ListMaskGroupsQuery>,
  ): Promise<{ mask_groups: MaskGroup[]; next_cursor: string | null }>;
  getMaskGroup(target: GroupTarget): Promise<MaskGroup & { stats: MaskGroupStats }>;
  /**
   * Every mask of the group and a `metadata.json` as one ZIP, made while it is read. It fails rather than end, with a
   * MaskUploadError or a StorageError, when an object is missing or masks are deleted meanwhile. Destroy it to stop.
   */
  getMaskGroupArchive(target: GroupTarget): Promise<Readable>;
  updateMaskGroup(target: GroupTarget, body: MaskGroupFields): Promise<MaskGroup>;
  deleteMaskGroup(target: GroupTarget): Promise<void>;
  signUpload(target: GroupTarget, body: FileToSign & TtlSeconds): Promise<SignedUpload>;
  signUploads(target: GroupTarget, body: { files: FileToSign[] } & TtlSeconds): Promise<{ uploads: SignedUpload[] }>;
  listUploads(
    target: GroupTarget,
    query?: Optional<ListUploadsQuery>,
  ): Promise<{ uploads: PendingUpload[]; next_cursor: string | null }>;
  /** A file that is a single PUT; for one in parts, `signParts`. */
  renewUpload(target: UploadTarget, body?: TtlSeconds): Promise<SignedPut>;
  signParts(target: UploadTarget, body: { part_numbers: number[] } & TtlSeconds): Promise<SignedParts>;
  giveUpUpload(target: UploadTarget): Promise<void>;
  completeUpload(target: GroupTarget, body: CompleteRequest): Promise<Completion>;
  listMasks(
    target: GroupTarget,
    query?: Optional<Omit<ListMasksQuery, 'include_download_url'>> & Include,
  ): Promise<{ masks: Mask[]; total_count: number; next_cursor: string | null }>;
  getMask(target: MaskTarget, query?: Include): Promise<Mask>;
  /**
   * A mask and its stored bytes (gzip'd where `content_encoding` says so), which fail before their end unless they have
   * the size and SHA-256 of the mask. Read them to their end, or destroy them.
   */
  getMaskContent(target: MaskTarget): Promise<{ mask: Mask; body: Readable }>;
  signMaskDownload(target: MaskTarget, body?: TtlSeconds): Promise<SignedDownload>;
  deleteMask(target: MaskTarget): Promise<void>;
  /** Stops the upkeep, waiting for what is under way. The knex instance and the storage stay the host's. */
  close(): Promise<void>;
}

/** Starts its own upkeep unless `maintenance: false`. @throws TypeError or RangeError for options that cannot work. */
export function createMaskUploadService(options: MaskUploadOptions): MaskUploadService {
  const context = createContext(options);
  if (context.settings.maintenance) context.upkeep.start();

  const open = (target: AnnotationTarget): Promise<Scope> =>
    openScope(context, String(target.annotationId), target.principal ?? null, { signal: target.signal });
  const openGroup = async (target: GroupTarget): Promise<GroupScope> => {
    if (!isId(target.groupId)) throw groupNotFound();
    return { ...(await open(target)), groupId: target.groupId };
  };
  const openUpload = async (target: UploadTarget): Promise<UploadScope> => ({
    ...(await openGroup(target)),
    uploadId: target.uploadId,
  });
  const openMask = async (target: MaskTarget): Promise<MaskScope> => {
    if (!isId(target.maskId)) throw maskNotFound();
    return { ...(await open(target)), maskId: target.maskId };
  };

  return {
    createMaskGroup: async (target, body = {}) => createMaskGroup(context, await open(target), body),
    listMaskGroups: async (target, query = {}) =>
      listMaskGroups(context, await open(target), parseListMaskGroupsQuery(asParams(query))),
    getMaskGroup: async (target) => getMaskGroup(context, await openGroup(target)),
    getMaskGroupArchive: async (target) => getMaskGroupArchive(context, await openGroup(target)),
    updateMaskGroup: async (target, body) => updateMaskGroup(context, await openGroup(target), body),
    deleteMaskGroup: async (target) => deleteMaskGroup(context, await openGroup(target)),
    signUpload: async (target, body) => signUpload(context, await openGroup(target), body),
    signUploads: async (target, body) => signUploads(context, await openGroup(target), body),
    listUploads: async (target, query = {}) =>
      listUploads(context, await openGroup(target), parseListUploadsQuery(asParams(query))),
    // parts are answered exactly when they are asked for
    renewUpload: async (target, body = {}) => (await renewUpload(context, await openUpload(target), body)) as SignedPut,
    signParts: async (target, body) => (await renewUpload(context, await openUpload(target), body)) as SignedParts,
    giveUpUpload: async (target) => giveUpUpload(context, await openUpload(target)),
    completeUpload: async (target, body) => completeUpload(context, await openGroup(target), body),
    listMasks: async (target, query = {}) =>
      listMasks(context, await openGroup(target), parseListMasksQuery(asParams(query))),
    getMask: async (target, query = {}) => getMask(context, await openMask(target), parseIncludeQuery(asParams(query))),
    getMaskContent: async (target) => {
      const scope = await openMask(target);
      const mask = await requireMaskForDownload(context, scope, 'content-downloaded');
      return { mask, body: (await readMask(context, scope, mask)).body };
    },
    signMaskDownload: async (target, body = {}) => signMaskDownload(context, await openMask(target), body),
    deleteMask: async (target) => deleteMask(context, await openMask(target)),
    close: () => context.close(),
  };
}

/** What cannot be one of the package's own ids names nothing. */
function isId(id: number): boolean {
  return Number.isSafeInteger(id) && id > 0;
}

/** The same names and checks as in a query string. */
function asParams(query: Readonly<Record<string, unknown>>): URLSearchParams {
  const given = Object.entries(query).filter(([, value]) => value !== undefined);
  return new URLSearchParams(given.map(([name, value]): [string, string] => [name, String(value)]));
}
