import type { MaskClientError } from './errors.js';
import type { components } from './openapi-types.js';

type Schemas = components['schemas'];

export type Mask = Schemas['Mask'];
export type MaskGroup = Schemas['MaskGroup'];
export type MaskGroupWithStats = Schemas['MaskGroupWithStats'];
export type PendingUpload = Schemas['PendingUpload'];
/** The fields of a new group, named as in the API; all optional. */
export type MaskGroupFields = Schemas['CreateMaskGroupRequest'];

/** Whatever `new Headers(…)` takes. */
export type HeadersLike = Headers | [string, string][] | Record<string, string>;

export interface ClientOptions {
  /** Where the host mounted the router: `https://pacs.example/api`; in a page a path (`/api`) will do. */
  baseUrl: string;
  /**
   * For the API only, such as Authorization; never sent to the store. A function is asked before every request, so that
   * a token can be fresh.
   */
  headers?: HeadersLike | (() => HeadersLike | Promise<HeadersLike>) | undefined;
  /** For the API. Default: the global one. */
  fetch?: typeof fetch | undefined;
}

/** One file to upload. Fields are named as in the API. */
export interface MaskFile {
  data: Blob | Uint8Array;
  /** Checked by the server, then forgotten. Default: the name of a File, where the server would take it. */
  filename?: string | undefined;
  /** Default: by the extension of the name, else a Blob's type. */
  mime_type?: string | undefined;
  /** Counted from 0 or from 1, as the group does it. Leave out this and `sop_instance_uid` for a volume. */
  slice_index?: number | undefined;
  /** SOP Instance UID (0008,0018) of the image that the mask belongs to. */
  sop_instance_uid?: string | undefined;
  label_name?: string | undefined;
  width?: number | undefined;
  height?: number | undefined;
  /** The data is compressed already: its size and checksum are of the compressed bytes. */
  content_encoding?: 'gzip' | undefined;
}

export type UploadPhase = 'preparing' | 'uploading' | 'completing' | 'done' | 'failed' | 'aborted';

/** `waiting` for its turn; `uploaded` but not recorded yet; `done`: recorded, a mask of the group. */
export type FileStatus = 'waiting' | 'preparing' | 'uploading' | 'uploaded' | 'done' | 'failed';

export interface FileProgress {
  /** Its place in `files`. */
  index: number;
  /** Bytes of this attempt; back to 0 when the file is sent anew. */
  sent: number;
  /** Bytes to send: of the compressed file, once it is compressed. */
  total: number;
  status: FileStatus;
  error?: MaskClientError;
}

export interface UploadProgress {
  /** Null until the group is made. Keep it to resume after a reload. */
  groupId: number | null;
  phase: UploadPhase;
  /** Files recorded, given up on, and in all. */
  files: { done: number; failed: number; total: number };
  /** `sent` counts files that were there already, too. It falls back when a large file has to be sent anew. */
  bytes: { sent: number; total: number };
  /** Over the last seconds, retries included; 0 while nothing moves. */
  bytesPerSecond: number;
  /** Null while there is no rate to go by. */
  secondsLeft: number | null;
  /** The file that this call is about. A change of its status is always told; bytes at most ten times a second. */
  file?: FileProgress;
}

interface UploadSettings extends ClientOptions {
  annotationId: string | number;
  /** Recorded in the order in which they come; the masks are answered in this order. */
  files: readonly MaskFile[];
  /** Send NIfTI, NRRD and JSON gzip-compressed where that makes them smaller. Default false; `'auto'` is the same as true. */
  compress?: boolean | 'auto' | undefined;
  /** Replace masks that the group has for the same slice and label (needs the right to delete). Default false. */
  replace?: boolean | undefined;
  /** PUTs in flight. Default 8. */
  concurrency?: number | undefined;
  /** A PUT or download of which nothing moved for so long is given up and repeated. Milliseconds; default 60,000. */
  idleTimeoutMs?: number | undefined;
  onProgress?: ((progress: UploadProgress) => void) | undefined;
  /** Stops everything. The server keeps what was uploaded, so that `groupId` resumes; see `giveUpOnAbort`. */
  signal?: AbortSignal | undefined;
  /** On abort, tell the server to forget the uploads that are not recorded. The group and its masks stay. Default false. */
  giveUpOnAbort?: boolean | undefined;
  /** For PUTs to the store. Default: XMLHttpRequest where there is one (it tells progress), else the global fetch. */
  storeFetch?: typeof fetch | undefined;
}

/** `group` makes a new group; `groupId` goes on with one, e.g. after a crash or a reload. Exactly one of the two. */
export type UploadOptions = UploadSettings &
  ({ group: MaskGroupFields; groupId?: undefined } | { groupId: number; group?: undefined });

export interface UploadResult {
  /** As it is afterwards. */
  group: MaskGroup;
  /** In the order of `files`. */
  masks: Mask[];
}

export interface DownloadProgress {
  files: { done: number; total: number };
  /** `total` is of the masks that are listed so far, a thousand at a time. */
  bytes: { received: number; total: number };
}

export interface DownloadOptions extends ClientOptions {
  annotationId: string | number;
  groupId: number;
  /** Only masks with this label. */
  label_name?: string | undefined;
  /** Only masks of this slice. */
  slice_index?: number | undefined;
  /** Downloads in flight. Default 6. */
  concurrency?: number | undefined;
  /** A download of which nothing arrived for so long is given up and repeated. Milliseconds; default 60,000. */
  idleTimeoutMs?: number | undefined;
  onProgress?: ((progress: DownloadProgress) => void) | undefined;
  signal?: AbortSignal | undefined;
  /** For GETs from the store. Default: the global fetch. */
  storeFetch?: typeof fetch | undefined;
}

export interface DownloadedMask {
  mask: Mask;
  /** The file as it was before any content encoding. */
  data: Blob;
}
