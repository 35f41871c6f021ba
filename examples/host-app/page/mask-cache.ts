import type { Mask as MaskRow } from '../pacs-mask-upload-client.js';
import { decodeMaskPng, type Mask } from './png/decode.js';

const KEPT = 200;

/** Decoded masks: those used last are kept, so that going to and fro costs nothing. */
export interface MaskCache {
  get(row: MaskRow): Promise<Mask>;
}

/** @param renew gives a fresh URL for a mask whose own has expired */
export function maskCache(renew: (row: MaskRow) => Promise<string>): MaskCache {
  const kept = new Map<number, Promise<Mask>>();
  return {
    get(row) {
      const known = kept.get(row.id) ?? load(row, renew);
      kept.delete(row.id);
      kept.set(row.id, known); // at the end: used last
      known.catch(() => kept.delete(row.id)); // to be tried again
      for (const id of kept.keys()) {
        if (kept.size <= KEPT) break;
        kept.delete(id);
      }
      return known;
    },
  };
}

async function load(row: MaskRow, renew: (row: MaskRow) => Promise<string>): Promise<Mask> {
  let response = await fetchFromStore(row.download_url ?? (await renew(row)));
  if (response.status === 403) response = await fetchFromStore(await renew(row));
  if (!response.ok) throw new Error(`The storage answers ${response.status}`);
  return decodeMaskPng(new Uint8Array(await response.arrayBuffer()));
}

function fetchFromStore(url: string): Promise<Response> {
  return fetch(url).catch((cause) => {
    throw new Error('The storage does not answer', { cause });
  });
}
