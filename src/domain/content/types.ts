/** What can be seen of a file. A packed file shows only its beginning: then `tail` and `size` are null. */
export interface Glimpse {
  head: Buffer;
  tail: Buffer | null;
  /** In bytes; `head` is the whole file when it is as long. */
  size: number | null;
}

export type Findings = { ok: true; width?: number; height?: number } | { ok: false; message: string };

export function notLike(message: string): Findings {
  return { ok: false, message };
}
