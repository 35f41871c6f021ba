import { type Findings, type Glimpse, notLike } from './types.js';

const PREAMBLE = 128;

/** How executables and scripts begin: DOS/Windows, ELF, Mach-O (four spellings), Java or universal Mach-O, `#!`. */
const EXECUTABLES = ['4d5a', '7f454c46', 'feedface', 'feedfacf', 'cefaedfe', 'cffaedfe', 'cafebabe', '2321'].map(
  (hex) => Buffer.from(hex, 'hex'),
);
/** `<script`, `<!doctype`, `<?php`, `</…`, `%PDF-`. */
const MARKUP = /<[a-z!?/]|%pdf-/i;

/**
 * A DICOM file has `DICM` after a preamble of 128 bytes (PS3.10 § 7.1). The preamble is free, which makes files that
 * are DICOM and something else at once; TIFF is meant to be possible, an executable is not (CVE-2019-11687).
 */
export function looksLikeDicom({ head }: Glimpse): Findings {
  if (head.toString('latin1', PREAMBLE, PREAMBLE + 4) !== 'DICM') {
    return notLike('The file is not DICOM: "DICM" is missing at byte 128');
  }
  const preamble = head.subarray(0, PREAMBLE);
  if (EXECUTABLES.some((magic) => preamble.subarray(0, magic.length).equals(magic))) {
    return notLike('The preamble of the DICOM file is the beginning of an executable');
  }
  if (MARKUP.test(preamble.toString('latin1'))) {
    return notLike('The preamble of the DICOM file holds markup');
  }
  return { ok: true };
}
