import { type FieldError, fieldErrors } from '../domain/errors.js';
import { checkText } from '../domain/text.js';
import type { MaskGroupFields } from '../domain/types.js';
import type { Settings } from './options.js';

const TEXTS = ['group_name', 'model_name', 'version', 'modality', 'mask_type', 'description'] as const;

/** Applies the text rules. @returns the fields as they are to be stored. @throws MaskUploadError */
export function checkGroupFields(body: MaskGroupFields, settings: Settings): MaskGroupFields {
  const fields: MaskGroupFields = { ...body };
  const errors: FieldError[] = [];
  for (const name of TEXTS) {
    const value = body[name];
    if (typeof value !== 'string') continue;
    const checked = checkText(name, value, settings.nameGuard);
    if (checked.problem) errors.push({ path: `/${name}`, ...checked.problem });
    else fields[name] = checked.value;
  }
  const [first, ...rest] = errors;
  if (first) throw fieldErrors([first, ...rest]);
  return fields;
}
