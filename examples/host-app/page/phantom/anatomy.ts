import type { Shape } from './shape.js';

/** Slices of the phantom, counted from 1 at the head's end. */
export const SLICES = 100;

/** What is painted over what came before, with its density in Hounsfield units. */
export interface Tissue {
  shapes: Shape[];
  hu: number;
}

const between = (from: number, to: number, part: number) => from + (to - from) * part;
const clamp = (value: number) => Math.min(1, Math.max(0, value));
/** 0 at both ends, 1 in the middle, round like a ball. */
const bulge = (t: number, from: number, to: number) =>
  t <= from || t >= to ? 0 : Math.sqrt(1 - ((2 * (t - from)) / (to - from) - 1) ** 2);

/** `t`: 0 at the first slice, 1 at the last. */
export function liver(t: number): Shape[] {
  const size = between(0.42, 1, Math.sin(Math.PI * clamp(0.1 + 0.72 * t)) ** 0.8);
  const right = { x: -0.36 - 0.05 * t, y: 0.02, rx: 0.33 * size, ry: 0.4 * size, turn: 0.25 - 0.5 * t };
  const lobe = clamp(1 - t * 1.25);
  return [
    { ...right, wobble: 0.09, phase: 1.2 + 2 * t },
    ...(lobe > 0.1
      ? [{ x: -0.06, y: -0.2, rx: 0.36 * lobe, ry: 0.17 * lobe, turn: 0.3, wobble: 0.08, phase: 4 + t }]
      : []),
  ];
}

export function tumour(t: number): Shape[] {
  const size = bulge(t, 0.33, 0.64);
  return size === 0
    ? []
    : [{ x: -0.43, y: 0.08, rx: 0.115 * size, ry: 0.1 * size, turn: 0.6, wobble: 0.16, phase: 6 * t }];
}

/** Everything in one slice, from the skin to the bowel, in the order in which it is painted. */
export function anatomy(t: number): Tissue[] {
  const chest = clamp(1 - t / 0.38);
  const body = { x: 0, y: 0.02, rx: between(0.82, 0.85, t), ry: between(0.6, 0.63, t), wobble: 0.025, phase: 0.8 };
  const scaled = (by: number): Shape => ({ ...body, rx: body.rx * by, ry: body.ry * by });
  return [
    { hu: 20, shapes: [body] },
    { hu: -105, shapes: [scaled(0.985)] },
    { hu: 58, shapes: [scaled(0.91)] },
    { hu: 420, shapes: ribs(t, body) },
    { hu: -95, shapes: [scaled(0.83)] },
    { hu: -840, shapes: lungs(chest) },
    {
      hu: 45,
      shapes: chest > 0.25 ? [{ x: 0.14, y: -0.2, rx: 0.34 * chest, ry: 0.24 * chest, turn: 0.4, wobble: 0.05 }] : [],
    },
    { hu: 60, shapes: backMuscles() },
    { hu: 112, shapes: liver(t) },
    { hu: 168, shapes: liverVessels(t) },
    { hu: 92, shapes: grown(tumour(t), 1.12) },
    { hu: 52, shapes: tumour(t) },
    { hu: 26, shapes: grown(tumour(t), 0.45) },
    {
      hu: 122,
      shapes: sized(bulge(t, 0.12, 0.7), { x: 0.56, y: 0.16, rx: 0.17, ry: 0.25, turn: -0.45, wobble: 0.08, phase: 2 }),
    },
    ...stomach(t),
    ...kidneys(t),
    ...spine(t),
    { hu: 185, shapes: [{ x: 0.055, y: 0.2, rx: 0.052, ry: 0.052 }] },
    { hu: 135, shapes: [{ x: -0.105, y: 0.19, rx: 0.062, ry: 0.045, turn: 0.2 }] },
    ...bowel(t),
  ];
}

function lungs(chest: number): Shape[] {
  if (chest === 0) return [];
  return [
    { x: -0.38, y: 0.02, rx: 0.27 * chest ** 0.4, ry: 0.41 * chest ** 0.5, wobble: 0.06, phase: 1 },
    { x: 0.38, y: 0.04, rx: 0.27 * chest ** 0.4, ry: 0.41 * chest ** 0.5, wobble: 0.06, phase: 3 },
  ];
}

/** Each rib runs downwards and forwards, so from slice to slice it moves round the body. */
function ribs(t: number, body: Shape): Shape[] {
  return [-1, 1].flatMap((side) =>
    [0, 1, 2, 3, 4, 5].flatMap((index) => {
      const angle = 0.25 + index * 0.52 - ((t * 3.1) % 0.52);
      if (angle > 2.7 - t) return [];
      const a = Math.PI / 2 - side * angle;
      const x = body.x + Math.cos(a) * body.rx * 0.865;
      const y = body.y + Math.sin(a) * body.ry * 0.865;
      return [{ x, y, rx: 0.058, ry: 0.02, turn: Math.atan2(Math.cos(a) * body.ry, -Math.sin(a) * body.rx) }];
    }),
  );
}

function backMuscles(): Shape[] {
  return [
    { x: -0.2, y: 0.45, rx: 0.13, ry: 0.085, turn: -0.2, wobble: 0.06 },
    { x: 0.2, y: 0.45, rx: 0.13, ry: 0.085, turn: 0.2, wobble: 0.06, phase: 1 },
    { x: -0.17, y: 0.3, rx: 0.06, ry: 0.075, wobble: 0.08 },
    { x: 0.17, y: 0.3, rx: 0.06, ry: 0.075, wobble: 0.08, phase: 2 },
  ];
}

function liverVessels(t: number): Shape[] {
  const radius = 0.02 + 0.014 * Math.sin(7 * t);
  return [
    { x: -0.22 - 0.12 * t, y: -0.02 + 0.1 * t, rx: radius * 2.4, ry: radius, turn: 0.5 + 2 * t },
    { x: -0.4 + 0.1 * Math.sin(5 * t), y: -0.16 + 0.05 * t, rx: radius * 1.9, ry: radius * 0.8, turn: -0.9 + t },
    { x: -0.3, y: 0.18 - 0.08 * t, rx: radius * 1.5, ry: radius * 0.8, turn: 1.4 - t },
  ].map((vessel) => ({ ...vessel, wobble: 0.1, phase: 9 * t }));
}

function stomach(t: number): Tissue[] {
  const size = bulge(t, 0.14, 0.66);
  const wall = { x: 0.33, y: -0.2, rx: 0.22, ry: 0.17, turn: 0.5, wobble: 0.1, phase: 1 + 3 * t };
  return [
    { hu: 72, shapes: sized(size, wall) },
    { hu: 18, shapes: sized(size * 0.88, wall) },
    { hu: -920, shapes: sized(size * 0.55, { ...wall, y: -0.27, ry: 0.1, turn: 0 }) },
  ];
}

function kidneys(t: number): Tissue[] {
  const right = { x: -0.36, y: 0.31, rx: 0.1, ry: 0.14, turn: 0.5, wobble: 0.05 };
  const left = { x: 0.37, y: 0.3, rx: 0.1, ry: 0.14, turn: -0.5, wobble: 0.05 };
  const [low, high] = [bulge(t, 0.52, 1.12), bulge(t, 0.46, 1.04)];
  const hilum = (kidney: Shape, size: number, towards: number) =>
    sized(size * 0.45, { ...kidney, x: kidney.x + towards * 0.05 });
  return [
    { hu: 195, shapes: [...sized(low, right), ...sized(high, left)] },
    { hu: 130, shapes: [...sized(low * 0.66, right), ...sized(high * 0.66, left)] },
    { hu: -40, shapes: [...hilum(right, low, 1), ...hilum(left, high, -1)] },
  ];
}

function spine(t: number): Tissue[] {
  const pulse = 0.5 + 0.5 * Math.cos(t * 36);
  const wing = 0.09 + 0.08 * pulse;
  return [
    {
      hu: 380,
      shapes: [
        { x: -wing, y: 0.5, rx: wing, ry: 0.025, turn: -0.25 },
        { x: wing, y: 0.5, rx: wing, ry: 0.025, turn: 0.25 },
      ],
    },
    { hu: 400, shapes: [{ x: 0, y: 0.525, rx: 0.024, ry: 0.06 + 0.02 * pulse }] },
    {
      hu: 480,
      shapes: [
        { x: 0, y: 0.345, rx: 0.135, ry: 0.112, wobble: 0.03 },
        { x: 0, y: 0.475, rx: 0.075, ry: 0.06 },
      ],
    },
    { hu: 205, shapes: [{ x: 0, y: 0.345, rx: 0.12, ry: 0.097, wobble: 0.03 }] },
    { hu: 28, shapes: [{ x: 0, y: 0.47, rx: 0.05, ry: 0.036 }] },
  ];
}

function bowel(t: number): Tissue[] {
  const loops = [0, 1, 2, 3, 4].map((index): Shape => {
    const size = bulge(t, 0.5 + 0.05 * index, 1.5);
    return {
      x: -0.06 + 0.15 * index + 0.04 * Math.sin(9 * t + index),
      y: -0.27 + 0.11 * (index % 3) + 0.03 * Math.cos(11 * t + 2 * index),
      rx: 0.1 * size,
      ry: 0.08 * size,
      wobble: 0.14,
      phase: 8 * t + index,
    };
  });
  const visible = loops.filter(({ rx }) => rx > 0.02);
  return [
    { hu: 66, shapes: visible },
    { hu: 24, shapes: grown(visible, 0.72) },
    {
      hu: -860,
      shapes: grown(
        visible.filter((_, index) => index % 2 === 1),
        0.42,
      ),
    },
  ];
}

function sized(size: number, shape: Shape): Shape[] {
  return size <= 0.05 ? [] : grown([shape], size);
}

function grown(shapes: Shape[], by: number): Shape[] {
  return shapes.map((shape) => ({ ...shape, rx: shape.rx * by, ry: shape.ry * by }));
}
