import { typeByName } from '../client/mime-type.js';
import { UsageError } from './usage-error.js';

const PLACEHOLDERS: Record<string, string> = {
  slice: '(?<slice>\\d{1,9})',
  label: '(?<label>.+)',
  uid: '(?<uid>\\d+(?:\\.\\d+)+)',
  any: '.*',
};

/** Of a slice's name, when nobody says otherwise. */
export const DEFAULT_PATTERNS = ['{slice}_{label}', '{slice}', 'slice_{slice}_{label}', 'slice_{slice}'].map(
  parsePattern,
);

export interface NameParts {
  slice_index?: number;
  label_name?: string;
  sop_instance_uid?: string;
}

/**
 * Makes a template such as `{slice}_{label}` into what it matches: whole names without their extension. The template may
 * have one, which plays no part.
 *
 * @throws UsageError
 */
export function parsePattern(template: string): RegExp {
  const used = new Set<string>();
  const { extension } = typeByName(template) ?? {};
  const source = (extension === undefined ? template : withoutExtension(template, extension))
    .split(/(\{\w*\})/)
    .map((piece) => {
      const name = /^\{(\w*)\}$/.exec(piece)?.[1];
      if (name === undefined) return piece.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
      const placeholder = PLACEHOLDERS[name];
      if (!placeholder) throw new UsageError('--pattern knows {slice}, {label}, {uid} and {any}');
      if (name !== 'any' && used.has(name)) throw new UsageError(`--pattern has {${name}} twice`);
      used.add(name);
      return placeholder;
    })
    .join('');
  return new RegExp(`^${source}$`);
}

/** What a name tells by the first pattern that it fits; undefined when it fits none. */
export function readName(name: string, extension: string, patterns: readonly RegExp[]): NameParts | undefined {
  const stem = withoutExtension(name, extension);
  for (const pattern of patterns) {
    const match = pattern.exec(stem);
    if (!match) continue;
    const { slice, label, uid } = match.groups ?? {};
    return {
      ...(slice !== undefined && { slice_index: Number(slice) }),
      ...(label !== undefined && { label_name: label }),
      ...(uid !== undefined && { sop_instance_uid: uid }),
    };
  }
  return undefined;
}

function withoutExtension(name: string, extension: string): string {
  return name.slice(0, -extension.length - 1);
}
