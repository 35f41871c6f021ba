import { type SliceFile, sliceKey } from './mask-set.js';

/**
 * Which slices and labels an upload of a dropped folder was to bring, so that after a reload, when the browser has
 * forgotten the files, the page can say which are missing. The server knows what it has; this is all that is kept here.
 */
export function rememberUpload(groupId: number, files: readonly SliceFile[]): void {
  try {
    sessionStorage.setItem(keyOf(groupId), JSON.stringify(files.map(sliceKey)));
  } catch {
    // full or forbidden: then the page does not know the missing files by name
  }
}

export function rememberedUpload(groupId: number): string[] | undefined {
  const text = sessionStorage.getItem(keyOf(groupId));
  return text === null ? undefined : (JSON.parse(text) as string[]);
}

export function forgetUpload(groupId: number): void {
  sessionStorage.removeItem(keyOf(groupId));
}

function keyOf(groupId: number): string {
  return `upload-${groupId}`;
}
