/** An ellipse with an uneven edge, in the picture's coordinates: both axes from -1 to 1, y downwards. */
export interface Shape {
  x: number;
  y: number;
  rx: number;
  ry: number;
  /** Radians, clockwise. Default 0. */
  turn?: number;
  /** How far the edge wanders, as a part of the radius. Default 0: an ellipse. */
  wobble?: number;
  /** Moves the wobble round the edge. */
  phase?: number;
}

/** Tells of a point how far it is from the shape's edge, in picture units, about: negative inside. */
export function depthIn(shape: Shape): (x: number, y: number) => number {
  const { turn = 0, wobble = 0, phase = 0 } = shape;
  const cos = Math.cos(turn);
  const sin = Math.sin(turn);
  const scale = Math.min(shape.rx, shape.ry);
  return (x, y) => {
    const dx = x - shape.x;
    const dy = y - shape.y;
    const u = (dx * cos + dy * sin) / shape.rx;
    const v = (dy * cos - dx * sin) / shape.ry;
    const radius = Math.sqrt(u * u + v * v);
    // the angle costs most, and matters only near the edge
    const edge = Math.abs(radius - 1) > wobble + 0.1 ? 1 : 1 + wobble * unevenness(Math.atan2(v, u), phase);
    return (radius - edge) * scale;
  };
}

/** How far from its centre a shape can reach, at most. */
export function reachOf({ rx, ry, wobble = 0 }: Shape): number {
  return Math.max(rx, ry) * (1 + wobble);
}

/** Between -1 and 1, the same after a full turn. */
function unevenness(angle: number, phase: number): number {
  return (
    0.5 * Math.sin(2 * angle + phase) +
    0.3 * Math.sin(3 * angle + 2.1 * phase) +
    0.2 * Math.sin(5 * angle - 1.3 * phase)
  );
}
