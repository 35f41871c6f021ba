const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const LARGEST = 8192;

/** Colour type → samples a pixel, and whether the last one is its opacity (PNG 11.2.1). */
const COLOUR_TYPES: Record<number, { channels: number; alpha: boolean }> = {
  0: { channels: 1, alpha: false },
  2: { channels: 3, alpha: false },
  3: { channels: 1, alpha: false },
  4: { channels: 2, alpha: true },
  6: { channels: 4, alpha: true },
};

export interface PngImage {
  width: number;
  height: number;
  /** Bits a sample: 1, 2, 4, 8 or 16. */
  depth: number;
  channels: number;
  alpha: boolean;
  interlaced: boolean;
  /** The pixels, filtered and deflated. */
  compressed: Uint8Array<ArrayBuffer>;
}

/** Reads a PNG's header and puts its image data together. @throws Error in words */
export function parsePng(bytes: Uint8Array): PngImage {
  if (SIGNATURE.some((byte, index) => bytes[index] !== byte)) throw new Error('This is not a PNG');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 33) throw new Error('The PNG ends too early');
  const [width, height] = [view.getUint32(16), view.getUint32(20)];
  const [depth, colourType, interlace] = [view.getUint8(24), view.getUint8(25), view.getUint8(28)];
  const colours = COLOUR_TYPES[colourType];
  if (!colours || ![1, 2, 4, 8, 16].includes(depth) || (depth < 8 && colours.channels > 1)) {
    throw new Error('The PNG has a colour type that there is not');
  }
  if (width < 1 || height < 1 || width > LARGEST || height > LARGEST)
    throw new Error('The PNG has no pixels, or too many to show');
  const compressed = new Uint8Array(new ArrayBuffer(bytes.length));
  let filled = 0;
  for (const data of imageData(bytes, view)) {
    compressed.set(data, filled);
    filled += data.length;
  }
  return { width, height, depth, ...colours, interlaced: interlace === 1, compressed: compressed.slice(0, filled) };
}

function* imageData(bytes: Uint8Array, view: DataView): Generator<Uint8Array> {
  for (let at = 8; at + 12 <= bytes.length; ) {
    const length = view.getUint32(at);
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    if (type === 'IEND') return;
    if (type === 'IDAT') yield bytes.subarray(at + 8, at + 8 + length);
    at += length + 12;
  }
}
