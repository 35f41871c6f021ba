import type { PreparedFile } from './prepare-file.js';
import { repeat } from './repeat.js';
import type { Mask, PendingUpload } from './types.js';
import { labelOf, slotOf, type UploadRun } from './upload-run.js';

/** What the group holds of a file, if it holds anything. */
export type Found = { mask: Mask } | { upload: PendingUpload } | { clash: Mask };

export type FindKnown = (prepared: PreparedFile) => Found | undefined;

const PAGE = 1000;

/**
 * Asks the server what the group holds and waits for, to go on after a crash or a reload. The server is the only memory
 * there is: nothing has to be kept on this side but the group's id.
 */
export async function findKnownFiles(run: UploadRun): Promise<FindKnown> {
  const masks = new Map<string, Mask[]>();
  for await (const mask of allMasks(run)) add(masks, slotOf(mask) ?? volumeOf(mask), mask);
  const uploads = new Map<string, PendingUpload[]>();
  for await (const upload of allUploads(run)) {
    if (upload.status !== 'rejected') add(uploads, identityOf(upload), upload);
  }
  for (const same of uploads.values()) same.sort((a, b) => worth(a) - worth(b));

  return ({ file }) => {
    const slot = slotOf(file);
    const [held] = masks.get(slot ?? volumeOf(file)) ?? [];
    if (held && isSame(held, file)) {
      masks.get(slot ?? volumeOf(file))?.shift(); // of equal volumes each stands for one file
      return { mask: held };
    }
    if (held && slot !== undefined && !run.replace) return { clash: held };
    const upload = uploads.get(identityOf(file))?.pop();
    return upload && { upload };
  };
}

type Described = Pick<PendingUpload, 'mime_type' | 'checksum'> & {
  slice_index?: number | null;
  sop_instance_uid?: string | null;
  label_name?: string | null;
  file_size: number | null;
};

function isSame(mask: Mask, file: Described): boolean {
  return mask.checksum === file.checksum && mask.file_size === file.file_size && mask.mime_type === file.mime_type;
}

function volumeOf({ checksum, label_name }: Pick<Described, 'checksum' | 'label_name'>): string {
  return `volume\n${labelOf(label_name)}\n${checksum}`;
}

function identityOf(file: Described): string {
  const { slice_index, sop_instance_uid, checksum, file_size, mime_type } = file;
  return [slice_index, sop_instance_uid, labelOf(file.label_name), checksum, file_size, mime_type].join('\n');
}

/** Of several uploads of the same file, the one with the least left to do. */
function worth({ status, received_size }: PendingUpload): number {
  return status === 'verified' ? Number.POSITIVE_INFINITY : (received_size ?? 0);
}

function add<T>(map: Map<string, T[]>, key: string, value: T): void {
  const values = map.get(key);
  if (values) values.push(value);
  else map.set(key, [value]);
}

async function* allMasks({ client, annotationId, groupId, signal }: UploadRun): AsyncGenerator<Mask> {
  let cursor: string | null | undefined;
  do {
    const query = { annotation_id: annotationId, group_id: groupId, limit: PAGE, ...(cursor && { cursor }), signal };
    const page = await repeat(() => client.listMasks(query), signal);
    yield* page.masks;
    cursor = page.next_cursor;
  } while (cursor);
}

export async function* allUploads(run: UploadRun): AsyncGenerator<PendingUpload> {
  const { client, annotationId, groupId, signal } = run;
  let cursor: string | null | undefined;
  do {
    const query = { annotation_id: annotationId, group_id: groupId, limit: PAGE, ...(cursor && { cursor }), signal };
    const page = await repeat(() => client.listUploads(query), signal);
    yield* page.uploads;
    cursor = page.next_cursor;
  } while (cursor);
}
