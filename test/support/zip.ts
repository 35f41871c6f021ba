import { buffer } from 'node:stream/consumers';
import { crc32 } from 'node:zlib';
import { type Entry, fromBuffer, type ZipFile } from 'yauzl';

export interface ReadEntry {
  bytes: Buffer;
  /** Stored as it is, or deflated. */
  stored: boolean;
  modifiedAt: Date;
}

/** Every entry of a ZIP by its name, in order; throws for one that is not whole, or whose CRC is wrong. */
export async function readZip(zip: Buffer): Promise<Map<string, ReadEntry>> {
  const file = await new Promise<ZipFile>((resolve, reject) => {
    fromBuffer(zip, { lazyEntries: true }, (error, opened) => (error ? reject(error) : resolve(opened)));
  });
  const entries = new Map<string, ReadEntry>();
  await new Promise<void>((resolve, reject) => {
    file.on('error', reject);
    file.on('end', resolve);
    file.on('entry', (entry: Entry) => {
      readEntry(file, entry).then((bytes) => {
        if (entries.has(entry.fileName)) reject(new Error(`${entry.fileName} is there twice`));
        const stored = entry.compressionMethod === 0;
        entries.set(entry.fileName, { bytes, stored, modifiedAt: entry.getLastModDate() });
        file.readEntry();
      }, reject);
    });
    file.readEntry();
  });
  return entries;
}

async function readEntry(file: ZipFile, entry: Entry): Promise<Buffer> {
  const bytes = await new Promise<Buffer>((resolve, reject) => {
    file.openReadStream(entry, (error, stream) => (error ? reject(error) : resolve(buffer(stream))));
  });
  if (crc32(bytes) !== entry.crc32) throw new Error(`${entry.fileName} has another CRC`);
  return bytes;
}
