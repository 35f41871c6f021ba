import { type Findings, type Glimpse, notLike } from './types.js';

const MAGIC = /^NRRD000[0-9]\r?\n/;
const DETACHED = /^data ?file:/im;

/** The first line is `NRRD000x`. A detached header, which points to voxels in some other file, is refused. */
export function looksLikeNrrd({ head }: Glimpse): Findings {
  const text = head.toString('latin1');
  if (!MAGIC.test(text)) return notLike('The file does not begin with an NRRD000x line');
  if (DETACHED.test(header(text))) return notLike('The file is a detached NRRD header; upload the attached form');
  return { ok: true };
}

/** A blank line ends the header; voxels follow. A header longer than what is seen is seen as far as it goes. */
function header(text: string): string {
  const end = /\r?\n\r?\n/.exec(text);
  return end ? text.slice(0, end.index) : text;
}
