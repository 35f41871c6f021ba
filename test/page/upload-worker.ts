/** Runs in a web worker: uploads and downloads again what it makes itself. */
import { downloadMasks, uploadMasks } from '../../examples/host-app/pacs-mask-upload-client.js';
import { encodeMaskPng } from '../../examples/host-app/page/png/encode.js';

export interface WorkerReport {
  error: string | null;
  masks: number;
  /** Downloads that are what was uploaded. */
  same: number;
  phases: string[];
}

const SLICES = 20;
const SIZE = 32;

async function run(): Promise<WorkerReport> {
  const connection = { baseUrl: '/api', headers: { authorization: 'Bearer demo-radiologist' }, annotationId: 1 };
  const files = await Promise.all(
    Array.from({ length: SLICES }, async (_, index) => ({
      data: await encodeMaskPng(new Uint8Array(SIZE * SIZE).fill(1, index), SIZE, SIZE),
      filename: `${index}.png`,
      slice_index: index,
    })),
  );
  const phases = new Set<string>();
  const { group, masks } = await uploadMasks({
    ...connection,
    group: { slice_count: SLICES },
    files,
    onProgress: ({ phase }) => phases.add(phase),
  });
  let same = 0;
  for await (const { mask, data } of downloadMasks({ ...connection, groupId: group.id })) {
    const sent = files[mask.slice_index ?? -1]?.data;
    if (sent && (await hex(sent)) === (await hex(data))) same += 1;
  }
  return { error: null, masks: masks.length, same, phases: [...phases] };
}

async function hex(blob: Blob): Promise<string> {
  return [...new Uint8Array(await blob.arrayBuffer())].map((byte) => byte.toString(16)).join(' ');
}

run().then(postMessage, (error: Error) => postMessage({ error: String(error), masks: 0, same: 0, phases: [] }));
