/** By the end of a file's name. Longer ones first. */
const TYPES: readonly (readonly [extension: string, mimeType: string])[] = [
  ['nii.gz', 'application/vnd.nifti'],
  ['nii', 'application/vnd.nifti'],
  ['png', 'image/png'],
  ['dcm', 'application/dicom'],
  ['nrrd', 'application/x-nrrd'],
  ['json', 'application/json'],
];

/** MIME type and extension by a file's name; undefined for a type that the server does not know by itself. */
export function typeByName(name: string): { extension: string; mimeType: string } | undefined {
  const lower = name.toLowerCase();
  const found = TYPES.find(([extension]) => lower.endsWith(`.${extension}`));
  return found && { extension: found[0], mimeType: found[1] };
}
