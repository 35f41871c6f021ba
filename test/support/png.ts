import { crc32, deflateSync } from 'node:zlib';

/** An 8-bit greyscale PNG whose every pixel is `value`: different values give different bytes. */
export function png({ width = 64, height = 64, value = 0 } = {}): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header[8] = 8;
  const row = Buffer.concat([Buffer.of(0), Buffer.alloc(width, value % 256)]);
  // a marker row keeps images apart whose values are the same modulo 256
  const rows = Buffer.concat(Array.from({ length: height }, (_, y) => (y === 0 ? marked(row, value) : row)));
  return Buffer.concat([
    Buffer.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(rows)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** What passes for a PNG, of just that many bytes. */
export function pngOf(size: number, value: number): Buffer {
  const plain = png({ value });
  const filler = Buffer.alloc(size - plain.length, `${value} is hard to tell from ${value + 1} `);
  return Buffer.concat([plain.subarray(0, -12), filler, plain.subarray(-12)]);
}

function marked(row: Buffer, value: number): Buffer {
  const copy = Buffer.from(row);
  if (copy.length > 4) copy.writeUInt32BE(value, 1);
  return copy;
}

function chunk(type: string, data: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const body = Buffer.concat([Buffer.from(type), data]);
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, checksum]);
}
