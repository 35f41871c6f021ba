import type { Page } from 'playwright-core';

/** The slice that is on the canvas now; undefined while there is none. */
export async function shownSlice(page: Page): Promise<number | undefined> {
  const slice = await page.locator('canvas').getAttribute('data-slice');
  return slice === null ? undefined : Number(slice);
}

/** Red, green and blue of one pixel of the canvas, in its own coordinates. */
export function colourAt(page: Page, [x, y]: readonly [number, number]): Promise<number[]> {
  return page.locator('canvas').evaluate(
    (canvas, at) => {
      const pixels = (canvas as HTMLCanvasElement).getContext('2d')?.getImageData(at[0] ?? 0, at[1] ?? 0, 1, 1).data;
      return [...(pixels ?? [])].slice(0, 3);
    },
    [x, y],
  );
}
