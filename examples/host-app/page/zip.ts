import type { MaskGroup } from '../pacs-mask-upload-client.js';
import { connection } from './users.js';

/**
 * Fetches the group as a ZIP and hands it to the browser's downloads. The request needs a header, which a link cannot
 * send, so the ZIP passes through the page's memory: fine for slices. A host with cookies links to the address itself.
 *
 * @throws Error when the answer is not a ZIP, or ends half-way
 */
export async function downloadZip(group: MaskGroup, received: (bytes: number) => void): Promise<void> {
  const { baseUrl, headers } = connection();
  const path = `/annotations/${group.annotation_id}/mask-groups/${group.id}/archive`;
  const response = await fetch(`${baseUrl}${path}`, { headers });
  if (!response.ok || !response.body) throw new Error(await reasonOf(response));
  let size = 0;
  const counted = response.body.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        size += chunk.length;
        received(size);
        controller.enqueue(chunk);
      },
    }),
  );
  const zip = await new Response(counted).blob().catch((cause) => {
    throw new Error('The connection broke before the ZIP was whole. Try again in a moment.', { cause });
  });
  save(zip, `masks-${group.id}.zip`);
}

async function reasonOf(response: Response): Promise<string> {
  const problem: unknown = await response.json().catch(() => undefined);
  const { detail, title } = (problem ?? {}) as { detail?: string; title?: string };
  return `${detail ?? title ?? 'The server could not make the ZIP.'} (${response.status})`;
}

function save(blob: Blob, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000); // the download has its own hold on it by then
}
