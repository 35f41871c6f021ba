/** An uncompressed NIfTI volume of that many bytes. */
export function volume(size: number): Buffer {
  const bytes = Buffer.alloc(size, 7);
  bytes.writeInt32LE(348, 0);
  bytes.write('n+1\0', 344, 'latin1');
  return bytes;
}
