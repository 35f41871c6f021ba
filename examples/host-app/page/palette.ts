export type Colour = readonly [red: number, green: number, blue: number];

/** Told apart on grey also by people who see red and green alike (after Okabe and Ito). */
const COLOURS: readonly Colour[] = [
  [38, 160, 232],
  [255, 124, 32],
  [38, 186, 143],
  [240, 214, 74],
  [222, 125, 184],
  [112, 134, 240],
  [222, 92, 68],
  [160, 205, 92],
];

/** The colour of a label by its place among the labels of the group. */
export function colourOf(place: number): Colour {
  return COLOURS[place % COLOURS.length] ?? [255, 255, 255];
}

export function css([red, green, blue]: Colour): string {
  return `rgb(${red} ${green} ${blue})`;
}
