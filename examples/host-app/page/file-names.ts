export interface SliceName {
  slice_index: number;
  label_name: string | undefined;
}

/** `0001_liver.png` is slice 1 of `liver`; `17.png` is slice 17 without a label. Undefined for any other name. */
export function sliceOf(name: string): SliceName | undefined {
  const [, slice, label] = /^(\d{1,6})(?:[_-]([^/\\]{1,64}))?\.png$/i.exec(name) ?? [];
  if (slice === undefined) return undefined;
  return { slice_index: Number(slice), label_name: label };
}
