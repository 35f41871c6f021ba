/** Files of everything that was dropped, through all folders. Names that start with a dot are left out. */
export async function droppedFiles(transfer: DataTransfer): Promise<{ folder: string | undefined; files: File[] }> {
  // the items are only there during the event: take everything before the first await
  const items = [...transfer.items].filter(({ kind }) => kind === 'file');
  const dropped = items.map((item) => ({ entry: item.webkitGetAsEntry(), file: item.getAsFile() }));
  const found = dropped.map(async ({ entry, file }) => (entry ? filesIn(entry) : file ? [file] : []));
  const folder = dropped.find(({ entry }) => entry?.isDirectory)?.entry?.name;
  return { folder, files: (await Promise.all(found)).flat() };
}

/** The same for a folder or files that were picked. */
export function pickedFiles(list: FileList): { folder: string | undefined; files: File[] } {
  const files = [...list].filter(({ name }) => !name.startsWith('.'));
  const folder = files[0]?.webkitRelativePath.split('/')[0];
  return { folder: folder || undefined, files };
}

async function filesIn(entry: FileSystemEntry): Promise<File[]> {
  if (entry.name.startsWith('.')) return [];
  if (isFile(entry)) return [await new Promise<File>((resolve, reject) => entry.file(resolve, reject))];
  const found: File[] = [];
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  for (;;) {
    // at most 100 at a time in Chromium, and none at the end
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) return found;
    for (const child of some) found.push(...(await filesIn(child)));
  }
}

function isFile(entry: FileSystemEntry): entry is FileSystemFileEntry {
  return entry.isFile;
}
