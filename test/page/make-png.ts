import { crc32, deflateSync } from 'node:zlib';

export interface PngToMake {
  width: number;
  height: number;
  depth: 1 | 2 | 4 | 8 | 16;
  colourType: 0 | 2 | 3 | 4 | 6;
  interlaced?: boolean;
  /** 0 to 4; default: each row another one. */
  filter?: number;
  /** The samples of a pixel, as many as the colour type has. */
  pixel: (x: number, y: number) => number[];
}

const ADAM7 = ['0 0 8 8', '4 0 8 8', '0 4 4 8', '2 0 4 4', '0 2 2 4', '1 0 2 2', '0 1 1 2'];

/** A PNG of any kind there is: for a decoder to be tried on. */
export function makePng(png: PngToMake): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(png.width, 0);
  header.writeUInt32BE(png.height, 4);
  header[8] = png.depth;
  header[9] = png.colourType;
  header[12] = png.interlaced ? 1 : 0;
  const passes = (png.interlaced ? ADAM7 : ['0 0 1 1']).map((pass) => passOf(png, pass.split(' ').map(Number)));
  const palette = png.colourType === 3 ? [chunk('PLTE', Buffer.alloc(3 * 2 ** png.depth, 200))] : [];
  return Buffer.concat([
    Buffer.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a),
    chunk('IHDR', header),
    ...palette,
    chunk('IDAT', deflateSync(Buffer.concat(passes))),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function passOf(png: PngToMake, [left = 0, top = 0, across = 1, down = 1]: number[]): Buffer {
  const rows: Buffer[] = [];
  let before: Buffer | undefined;
  for (let y = top; y < png.height && left < png.width; y += down) {
    const samples: number[] = [];
    for (let x = left; x < png.width; x += across) samples.push(...png.pixel(x, y));
    const row = packed(samples, png.depth);
    const pixelBytes = Math.max(1, ((png.pixel(0, 0).length * png.depth) / 8) | 0);
    const filter = png.filter ?? rows.length % 5;
    rows.push(Buffer.of(filter, ...row.map((_, index) => filtered(filter, row, before, index, pixelBytes))));
    before = row;
  }
  return Buffer.concat(rows);
}

function packed(samples: number[], depth: number): Buffer {
  if (depth === 16) return Buffer.concat(samples.map((sample) => Buffer.of(sample >> 8, sample & 255)));
  const bytes = Buffer.alloc(Math.ceil((samples.length * depth) / 8));
  for (const [index, sample] of samples.entries()) {
    const bit = index * depth;
    bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) | (sample << (8 - depth - (bit & 7)));
  }
  return bytes;
}

/** PNG 9.2 */
function filtered(filter: number, row: Buffer, before: Buffer | undefined, index: number, pixelBytes: number): number {
  const here = row[index] ?? 0;
  const a = row[index - pixelBytes] ?? 0;
  const b = before?.[index] ?? 0;
  const c = before?.[index - pixelBytes] ?? 0;
  const p = a + b - c;
  const [pa, pb, pc] = [Math.abs(p - a), Math.abs(p - b), Math.abs(p - c)];
  const paeth = pa <= pb && pa <= pc ? a : pb <= pc ? b : c;
  return (here - ([0, a, b, (a + b) >> 1, paeth][filter] ?? 0)) & 255;
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type), data]);
  const [length, checksum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  checksum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, checksum]);
}
