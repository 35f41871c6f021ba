/** A NIfTI-1 file of one byte per voxel, mostly zero: a label volume. */
export function nifti(voxels: number): Buffer {
  const header = Buffer.alloc(352);
  header.writeInt32LE(348, 0);
  header.writeInt16LE(3, 40); // three dimensions
  header.writeInt16LE(voxels, 42);
  header.writeInt16LE(1, 44);
  header.writeInt16LE(1, 46);
  header.writeInt16LE(2, 70); // unsigned char
  header.writeInt16LE(8, 72);
  header.writeFloatLE(352, 108); // where the voxels begin
  header.write('n+1\0', 344, 'latin1');
  const data = Buffer.alloc(voxels);
  for (let at = 0; at < voxels; at += 97) data[at] = at % 7;
  return Buffer.concat([header, data]);
}

/** What passes for a NIfTI of exactly that many bytes. */
export function volume(size: number): Buffer {
  const bytes = Buffer.alloc(size, 7);
  bytes.writeInt32LE(348, 0);
  bytes.write('n+1\0', 344, 'latin1');
  return bytes;
}
