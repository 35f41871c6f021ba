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
 * Makes a template such as `{slice}_{label}` into what it matches: whole names, with or without their extension.
 *
 * @throws UsageError
 */
export function parsePattern(template: string): RegExp {
  const used = new Set<string>();
  const source = template
    .split(/(\{\w*\})/)
    .map((piece) => {
      const name = /^\{(\w*)\}$/.exec(piece)?.[1];
      if (name === undefined) return piece.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
      const placeholder = PLACEHOLDERS[name];
      if (!placeholder) throw new UsageError('--pattern knows {slice}, {label}, {uid} and {any}');
      if (name !== 'any' && used.has(name)) throw new UsageError(`--pattern has {${name}} twice`);
      used.add(name);
      return placeholder;
    })
    .join('');
  return new RegExp(`^${source}$`, 'u');
}

/** What a name tells by the first pattern that it fits; undefined when it fits none. */
export function readName(name: string, extension: string, patterns: readonly RegExp[]): NameParts | undefined {
  const stem = name.slice(0, -extension.length - 1);
  for (const pattern of patterns) {
    const groups = (pattern.exec(stem) ?? pattern.exec(name))?.groups;
    if (!groups && !pattern.test(stem)) continue;
    const { slice, label, uid } = groups ?? {};
    return {
      ...(slice !== undefined && { slice_index: Number(slice) }),
      ...(label !== undefined && { label_name: label }),
      ...(uid !== undefined && { sop_instance_uid: uid }),
    };
  }
  return undefined;
}
