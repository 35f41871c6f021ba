import { isDicomUid } from './dicom-uid.js';
import type { TextField } from './text.js';

/** Stands for text that was found harmless: no letter, digit or separator, so no rule reaches across it. */
export const MASKED = '\0';

const UID = /(?<!\d|\d\.)[0-2](?:\.(?:0|[1-9]\d*)){2,}(?!\d)/g;
const YEAR = /^(?:19|20)\d{2}$/;

const UUID = /(?<![\p{L}\p{N}])[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(?![\p{L}\p{N}])/giu;
/** MD5 and longer. It has a letter: a number of 32 digits is not taken for a digest. */
const DIGEST = /(?<![\p{L}\p{N}])(?=\d{0,63}[a-f])[0-9a-f]{32,128}(?![\p{L}\p{N}])/giu;
/** A short commit id that says what it is (`sha 1234567`, `2.1-3-g1234567`); one in 27 has no letter at all. */
const COMMIT =
  /(?:(?<!\p{L})(?:sha(?:1|256)?|commit|git|rev(?:ision)?|digest)[ :#=_-]{1,2}|[-+.]g)(?!(?:19|20)\d{6}(?!\d))(?:\d{7,12}(?![\p{L}\p{N}])|(?=\d*[a-f])[0-9a-f]{7,64}(?![\p{L}\p{N}]))/giu;
/** The same without a word, in a version: lower-case only, because numbers on a patient's card are written in capitals. */
const BARE_COMMIT = /(?<![\p{L}\p{N}])(?=\d{0,11}[a-f])[0-9a-f]{7,12}(?![\p{L}\p{N}])/gu;

/**
 * Coding schemes whose codes have 7 digits and more (PS3.16 § 8): SNOMED CT, UMLS, and the OBO ontologies. The shorter
 * codes of the others (`SRT:T-62000`, `FMA:7197`, `DCM:123456`) are nothing that a rule would refuse.
 */
const CODED_CONCEPTS = [
  /(?<![\p{L}\p{N}])(?:SCT|SNOMED(?:[ _-]?CT)?)[ :_-]{1,2}[1-9]\d{5,17}(?!\d|-\d)/giu,
  /(?<![\p{L}\p{N}])UMLS[ :_-]{1,2}C\d{7}(?!\d|-\d)/giu,
  /(?<![\p{L}\p{N}])(?:(?:UBERON|MONDO|DOID)[:_]|(?:HP|GO|CL):)\d{7}(?!\d|-\d)/giu,
  /(?<![\d-])[1-9]\d{5,17} ?, ?["']?(?:SCT|SNOMED(?:[ _-]?CT)?)(?!\p{L})/giu,
];

/** In prose: `PMID 33288961`, `NCT01234567`, `10.5281/zenodo.6802613`, `0.91234567`. */
const REFERENCE = /(?<![\p{L}\p{N}])(?:PMID[: ]{0,2}|PMC|NCT)\d{7,8}(?!\d)/giu;
const DOI = /(?<![\d.])10\.\d{4,5}\/(?=[a-z])[a-z0-9._-]{1,60}/gi;
const FRACTION = /(?<![\d.])0\.\d{7,17}(?!\d|\.\d)/g;
/** `iter_1000000`: training steps are round. */
const TRAINING_STEP =
  /(?<!\p{L})(?:(?:train(?:ing)? ?)?steps?|iter(?:ation)?s?|ckpt|checkpoint)[ _=:-]?\d{1,4}0{4,6}(?!\d)/giu;
const PADDED = /(?<!\d)0{2,}\d{1,5}(?!\d)/g;
const PADDED_SLICE = /(?<!\p{L})(?:slice|frame|image|img|instance)[ _.#:-]?0{2,}\d{1,5}(?!\d)/giu;

/**
 * Blanks what has many digits and yet identifies nobody, so that the rules about digits do not see it: DICOM UIDs and
 * zero-padded slice numbers (value below 100000) in file names, UUIDs, digests and commit ids, coded concepts,
 * training steps and, in prose, references and fractions.
 */
export function maskHarmless(field: TextField, text: string): string {
  let masked = text;
  if (field === 'filename')
    masked = masked.replace(UID, (candidate) => (isPlausibleUid(candidate) ? MASKED : candidate));
  if (field === 'description') {
    for (const inProse of [REFERENCE, DOI, FRACTION]) masked = masked.replace(inProse, MASKED);
  }
  for (const harmless of [UUID, DIGEST, COMMIT, TRAINING_STEP, ...CODED_CONCEPTS]) {
    masked = masked.replace(harmless, MASKED);
  }
  return field === 'version' ? masked.replace(BARE_COMMIT, MASKED) : masked;
}

/** Zero-padded numbers are blanked last: `1980.01.01` and `010-1234-0056` begin and end with them too. */
export function maskPadded(field: TextField, text: string): string {
  return text.replace(field === 'filename' ? PADDED : PADDED_SLICE, MASKED);
}

/**
 * Whether digits and dots are a UID out of the field: below the roots 0 and 1 there are only 40 arcs (X.660), which
 * excludes `1.555.123.4567`; nobody has an arc such as `1.2.1980`; and apart from `2.25.<uuid>` there are four or more
 * components.
 */
function isPlausibleUid(candidate: string): boolean {
  if (!isDicomUid(candidate)) return false;
  const [root = '', second = '', third = '', ...rest] = candidate.split('.');
  if (YEAR.test(third)) return false;
  if (root === '2') return rest.length > 0 || (second === '25' && third.length > 15);
  return rest.length > 0 && Number(second) < 40;
}
