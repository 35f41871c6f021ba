/** Undoes the filters of a PNG's rows (PNG 9.2). Gives the rows without their filter bytes. */
export function unfilter(data: Uint8Array, rowBytes: number, pixelBytes: number): Uint8Array {
  const rows = data.length / (rowBytes + 1);
  const out = new Uint8Array(rows * rowBytes);
  for (let row = 0; row < rows; row++) {
    const filter = data[row * (rowBytes + 1)];
    const start = row * rowBytes;
    for (let index = 0; index < rowBytes; index++) {
      const left = index < pixelBytes ? 0 : (out[start + index - pixelBytes] ?? 0);
      const above = row === 0 ? 0 : (out[start + index - rowBytes] ?? 0);
      const corner = row === 0 || index < pixelBytes ? 0 : (out[start + index - rowBytes - pixelBytes] ?? 0);
      out[start + index] = (data[row * (rowBytes + 1) + 1 + index] ?? 0) + predicted(filter, left, above, corner);
    }
  }
  return out;
}

function predicted(filter: number | undefined, left: number, above: number, corner: number): number {
  switch (filter) {
    case 0:
      return 0;
    case 1:
      return left;
    case 2:
      return above;
    case 3:
      return (left + above) >> 1;
    case 4:
      return paeth(left, above, corner);
    default:
      throw new Error('The PNG uses a filter that there is not');
  }
}

function paeth(left: number, above: number, corner: number): number {
  const guess = left + above - corner;
  const [toLeft, toAbove, toCorner] = [Math.abs(guess - left), Math.abs(guess - above), Math.abs(guess - corner)];
  if (toLeft <= toAbove && toLeft <= toCorner) return left;
  return toAbove <= toCorner ? above : corner;
}
