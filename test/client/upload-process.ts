/** Uploads one file, in a process that can be killed: `upload-process.ts BASE_URL FILE CONCURRENCY [GROUP_ID]`. */
import { openAsBlob } from 'node:fs';
import { uploadMasks } from '../../src/client/index.js';

export interface Told {
  groupId: number | null;
  sent: number;
  total: number;
  phase: string;
  /** Most memory so far, in bytes. */
  peak: number;
  checksum?: string | null;
}

const [baseUrl = '', file = '', concurrency, groupId] = process.argv.slice(2);
let told: Told = { groupId: null, sent: 0, total: 0, phase: '', peak: 0 };
const tell = (more: Partial<Told>) => {
  told = { ...told, ...more, peak: process.resourceUsage().maxRSS * 1024 };
  process.send?.(told);
};

const { masks } = await uploadMasks({
  baseUrl,
  headers: { authorization: 'Bearer anna' },
  annotationId: 1,
  ...(groupId === undefined ? { group: {} } : { groupId: Number(groupId) }),
  files: [{ data: await openAsBlob(file), mime_type: 'application/vnd.nifti', filename: 'mask.nii' }],
  concurrency: Number(concurrency),
  onProgress: ({ groupId, phase, bytes }) => tell({ groupId, phase, ...bytes }),
});
tell({ checksum: masks[0]?.checksum ?? null });
process.disconnect?.();
