import { expect } from 'chai';
import { decodeMaskPng } from '../../examples/host-app/page/png/decode.js';
import { encodeMaskPng } from '../../examples/host-app/page/png/encode.js';
import { makePng, type PngToMake } from './make-png.js';

const [WIDTH, HEIGHT] = [13, 11];

/** A mask with an uneven edge, so that no two rows are alike. */
const isOn = (x: number, y: number) => (x * 7 + y * 5) % 4 === 1 || (x > 3 && x < 8 && y > 2);

const expected = Uint8Array.from({ length: WIDTH * HEIGHT }, (_, index) =>
  isOn(index % WIDTH, Math.floor(index / WIDTH)) ? 1 : 0,
);

const KINDS: [string, Pick<PngToMake, 'depth' | 'colourType'>, on: number[], off: number[]][] = [
  ['16-bit labels, whose value 1 is not taken for black', { depth: 16, colourType: 0 }, [1], [0]],
  ['16-bit labels above 255', { depth: 16, colourType: 0 }, [0x0300], [0]],
  ['8-bit grey', { depth: 8, colourType: 0 }, [255], [0]],
  ['4-bit grey', { depth: 4, colourType: 0 }, [9], [0]],
  ['2-bit grey', { depth: 2, colourType: 0 }, [2], [0]],
  ['1-bit grey', { depth: 1, colourType: 0 }, [1], [0]],
  ['a palette, by its index', { depth: 8, colourType: 3 }, [3], [0]],
  ['a palette of two', { depth: 1, colourType: 3 }, [1], [0]],
  ['colours, of which one is enough', { depth: 8, colourType: 2 }, [0, 0, 7], [0, 0, 0]],
  ['16-bit colours', { depth: 16, colourType: 2 }, [0, 1, 0], [0, 0, 0]],
  ['grey with opacity, off where it is transparent', { depth: 8, colourType: 4 }, [9, 255], [9, 0]],
  ['colours with opacity', { depth: 8, colourType: 6 }, [0, 9, 0, 1], [9, 9, 9, 0]],
];

describe("the page's PNG decoder", () => {
  for (const [name, kind, on, off] of KINDS) {
    for (const interlaced of [false, true]) {
      it(`reads ${name}${interlaced ? ', interlaced' : ''}`, async () => {
        const pixel = (x: number, y: number) => (isOn(x, y) ? on : off);
        const mask = await decodeMaskPng(makePng({ width: WIDTH, height: HEIGHT, ...kind, interlaced, pixel }));
        expect([mask.width, mask.height]).to.deep.equal([WIDTH, HEIGHT]);
        expect(mask.on).to.deep.equal(expected);
      });
    }
  }

  it('reads what the page draws', async () => {
    const drawn = await encodeMaskPng(expected, WIDTH, HEIGHT);
    expect((await decodeMaskPng(new Uint8Array(await drawn.arrayBuffer()))).on).to.deep.equal(expected);
  });

  it('says what is wrong with anything else', async () => {
    const good = makePng({ width: 3, height: 3, depth: 8, colourType: 0, pixel: () => [1] });
    const huge = Buffer.from(good);
    huge.writeUInt32BE(2 ** 31, 16);
    const odd = Buffer.from(good);
    odd[25] = 5;
    const filter = makePng({ width: 3, height: 3, depth: 8, colourType: 0, filter: 9, pixel: () => [1] });
    for (const [bytes, message] of [
      [Buffer.from('GIF89a'), 'This is not a PNG'],
      [good.subarray(0, 20), 'The PNG ends too early'],
      [
        makePng({ width: 3, height: 0, depth: 8, colourType: 0, pixel: () => [1] }),
        'The PNG has no pixels, or too many to show',
      ],
      [huge, 'The PNG has no pixels, or too many to show'],
      [odd, 'The PNG has a colour type that there is not'],
      [makePng({ width: 3, height: 3, depth: 8, colourType: 0, pixel: () => [] }), 'The PNG ends too early'],
      [filter, 'The PNG uses a filter that there is not'],
    ] as const) {
      const reason = await decodeMaskPng(bytes).then(
        () => 'none',
        (error: Error) => error.message,
      );
      expect(reason).to.equal(message);
    }
  });
});
