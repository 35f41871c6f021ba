/** A document whose shape nobody has checked: the host's, read step by step. */
export type JsonObject = { readonly [key: string]: unknown };

/** The value as an object; an empty one when it is anything else, so that reading a host's document never throws. */
export function asObject(value: unknown): JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : {};
}

export function asArray(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** A copy in which every object's entries went through `change` (which answers the new value), from the leaves up. */
export function mapNodes(node: unknown, change: (key: string, value: unknown) => unknown): unknown {
  if (Array.isArray(node)) return node.map((item) => mapNodes(item, change));
  if (typeof node !== 'object' || node === null) return node;
  return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, change(key, mapNodes(value, change))]));
}

/** Whether both say the same, whatever the order of keys. Ends with `ours`, so `theirs` may hold cycles. */
export function saysTheSame(ours: unknown, theirs: unknown): boolean {
  if (Array.isArray(ours)) {
    return (
      Array.isArray(theirs) &&
      ours.length === theirs.length &&
      ours.every((item, index) => saysTheSame(item, theirs[index]))
    );
  }
  if (typeof ours !== 'object' || ours === null) return ours === theirs;
  if (typeof theirs !== 'object' || theirs === null || Array.isArray(theirs)) return false;
  const keys = Object.keys(ours);
  return (
    keys.length === Object.keys(theirs).length &&
    keys.every((key) => Object.hasOwn(theirs, key) && saysTheSame(asObject(ours)[key], asObject(theirs)[key]))
  );
}
