export type ContentKind = 'png' | 'dicom' | 'nifti' | 'nrrd' | 'json' | 'any';

/** A MIME type that may be uploaded. */
export interface MimeType {
  /** Lower case, without parameters. */
  name: string;
  /** Lower case, without the leading dot. The first one is used in object keys unless a file name says another. */
  extensions: readonly string[];
  /** What the stored bytes are checked to be. */
  content: ContentKind;
}

export type MimeTypeOption = string | { name: string; extensions: readonly string[]; content?: ContentKind };

/** What is accepted when the host says nothing else. `application/json` is for run-length encodings (RLE). */
export const DEFAULT_MIME_TYPES: readonly MimeType[] = [
  { name: 'image/png', extensions: ['png'], content: 'png' },
  { name: 'application/dicom', extensions: ['dcm'], content: 'dicom' },
  { name: 'application/vnd.nifti', extensions: ['nii.gz', 'nii'], content: 'nifti' },
  { name: 'application/x-nifti', extensions: ['nii.gz', 'nii'], content: 'nifti' },
  { name: 'application/x-nrrd', extensions: ['nrrd'], content: 'nrrd' },
  { name: 'application/json', extensions: ['json'], content: 'json' },
];

const KINDS: readonly string[] = ['png', 'dicom', 'nifti', 'nrrd', 'json', 'any'] satisfies ContentKind[];

/** RFC 6838 § 4.2: no parameters and no wildcards. */
const NAME = /^[a-z0-9][a-z0-9!#$&^_.+-]{0,126}\/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}$/;
const EXTENSION = /^(?=.{1,16}$)[a-z0-9]+(?:\.[a-z0-9]+)*$/;

/** Types that a browser may run or render when it opens a download URL: markup, scripts, archives of markup. */
const ACTIVE_TYPES = [
  /^text\/(?!plain$|csv$)/,
  /^(?:multipart|message)\//,
  /^image\/svg/,
  /[/+]xml$/,
  /^application\/(?:xhtml|java|x-java|hta)/,
  /(?:javascript|ecmascript|jscript|vbscript|xslt|php|shockwave|mimearchive)/,
];
const ACTIVE_EXTENSION =
  /(?:^|\.)(?:[sx]?html?|xht|mhtml?|svgz?|xml|xslt?|[cm]?js|wasm|swf|hta|php\d?|phtml|jspx?|aspx?|cgi|exe|dll|sh|bat|cmd)$/;

/**
 * Makes the table of accepted MIME types from the host's `mimeTypes` option. A plain string names a default type;
 * any other type comes with its extensions, and its bytes are checked only if `content` says how.
 *
 * @throws Error, in words for whoever configures the host.
 */
export function resolveMimeTypes(option?: readonly MimeTypeOption[]): ReadonlyMap<string, MimeType> {
  if (option !== undefined && !Array.isArray(option)) throw new Error('mimeTypes: pass an array, or leave it out');
  if (option?.length === 0) throw new Error('mimeTypes: the list is empty; leave it out to accept the default types');
  const types = new Map<string, MimeType>();
  for (const entry of option ?? DEFAULT_MIME_TYPES) {
    const type = typeof entry === 'string' ? defaultType(entry) : customType(entry);
    if (types.has(type.name)) throw new Error(`mimeTypes: "${type.name}" is listed twice`);
    types.set(type.name, type);
  }
  return types;
}

/** Looks up what a client sent: upper and lower case are the same; with parameters it is not found. */
export function findMimeType(types: ReadonlyMap<string, MimeType>, value: string): MimeType | undefined {
  return types.get(value.toLowerCase());
}

/** The longest of the type's own extensions that the name ends in, upper or lower case, after a non-empty stem. */
export function matchExtension(type: MimeType, filename: string): string | undefined {
  const lower = filename.toLowerCase();
  return type.extensions
    .filter((extension) => lower.endsWith(`.${extension}`) && lower.length > extension.length + 1)
    .sort((a, b) => b.length - a.length)[0];
}

/**
 * The extension for an object key, always out of the type's own table: a file name only chooses between the entries.
 * With `Content-Encoding: gzip` it is the name of the decoded file (`nii`, not `nii.gz`), because that is what every
 * HTTP client saves.
 */
export function keyExtension(
  type: MimeType,
  filename: string | undefined,
  contentEncoding: 'gzip' | undefined,
): string {
  const [first = 'bin'] = type.extensions;
  if (contentEncoding === 'gzip') return type.extensions.find((extension) => !extension.endsWith('gz')) ?? first;
  return (filename === undefined ? undefined : matchExtension(type, filename)) ?? first;
}

function defaultType(value: string): MimeType {
  const name = checkedName(value);
  const type = DEFAULT_MIME_TYPES.find((candidate) => candidate.name === name);
  if (type) return type;
  throw new Error(`mimeTypes: "${name}" is not a default type; pass { name: '${name}', extensions: ['…'] }`);
}

function customType(entry: Exclude<MimeTypeOption, string>): MimeType {
  const name = checkedName(entry?.name);
  const { extensions, content } = entry;
  if (!Array.isArray(extensions) || extensions.length === 0) {
    throw new Error(`mimeTypes: "${name}" needs extensions, such as { name: '${name}', extensions: ['mha'] }`);
  }
  for (const extension of extensions) checkExtension(name, extension);
  if (content !== undefined && !KINDS.includes(content)) {
    throw new Error(`mimeTypes: the content of "${name}" must be one of ${KINDS.join(', ')}`);
  }
  const kind = content ?? DEFAULT_MIME_TYPES.find((type) => type.name === name)?.content ?? 'any';
  return { name, extensions: [...new Set<string>(extensions)], content: kind };
}

function checkedName(value: unknown): string {
  const name = typeof value === 'string' ? value.toLowerCase() : '';
  if (!NAME.test(name)) {
    throw new Error(
      `mimeTypes: ${JSON.stringify(value)} is not a MIME type; write type/subtype without parameters or wildcards`,
    );
  }
  if (ACTIVE_TYPES.some((pattern) => pattern.test(name))) {
    throw new Error(
      `mimeTypes: "${name}" is refused: a browser could run or render an uploaded file of this type as a page`,
    );
  }
  return name;
}

function checkExtension(name: string, extension: unknown): void {
  if (typeof extension !== 'string' || !EXTENSION.test(extension)) {
    throw new Error(
      `mimeTypes: ${JSON.stringify(extension)} is not an extension for "${name}"; ` +
        'write it in lower case a-z and 0-9 without the leading dot, such as "nii.gz" (at most 16 characters)',
    );
  }
  if (ACTIVE_EXTENSION.test(extension)) {
    throw new Error(`mimeTypes: the extension "${extension}" is refused: it marks a file that can be run`);
  }
}
