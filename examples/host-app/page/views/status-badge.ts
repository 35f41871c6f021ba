import type { MaskGroup } from '../../pacs-mask-upload-client.js';
import { el } from '../dom.js';

export function statusBadge({ status }: Pick<MaskGroup, 'status'>): HTMLElement {
  return el('span', { class: `badge ${status}` }, status === 'complete' ? 'Complete' : 'Incomplete');
}
