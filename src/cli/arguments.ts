import { parseArgs } from 'node:util';
import type { MaskGroupFields } from '../client/index.js';
import { parsePattern } from './name-pattern.js';
import { UsageError } from './usage-error.js';

export interface PushArguments {
  folder: string;
  url: string;
  annotation: string;
  /** The new group's fields, or those of the one to look for. */
  group: MaskGroupFields;
  groupId: number | undefined;
  resume: boolean;
  replace: boolean;
  patterns: RegExp[] | undefined;
  label: string | undefined;
  concurrency: number | undefined;
  compress: boolean;
  dryRun: boolean;
}

const OPTIONS = {
  url: { type: 'string' },
  annotation: { type: 'string' },
  'group-name': { type: 'string' },
  group: { type: 'string' },
  resume: { type: 'boolean', default: false },
  replace: { type: 'boolean', default: false },
  pattern: { type: 'string' },
  label: { type: 'string' },
  'model-name': { type: 'string' },
  version: { type: 'string' },
  modality: { type: 'string' },
  description: { type: 'string' },
  'mask-type': { type: 'string' },
  'slice-count': { type: 'string' },
  concurrency: { type: 'string' },
  compress: { type: 'boolean', default: false },
  'dry-run': { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

/**
 * Reads the command line after the program's name.
 *
 * @throws UsageError
 */
export function readArguments(args: readonly string[]): PushArguments | 'help' {
  const { values, positionals } = parsed(args);
  const [command, folder, ...rest] = positionals;
  if (values.help) return 'help';
  if (command !== 'push') throw new UsageError(command ? 'the only command is push' : 'say what to do: push');
  if (folder === undefined) throw new UsageError('say which folder to push');
  if (rest.length > 0) throw new UsageError('push takes one folder');

  const groupId = wholeNumber('group', values.group);
  const groupName = values['group-name'];
  if (groupId === undefined && !groupName)
    throw new UsageError('--group-name is missing (or --group, to go on with one)');
  const sliceCount = wholeNumber('slice-count', values['slice-count']);
  return {
    folder,
    url: httpUrl(required('url', values.url)),
    annotation: required('annotation', values.annotation),
    group: {
      ...(groupName && { group_name: groupName }),
      ...(values['model-name'] && { model_name: values['model-name'] }),
      ...(values.version && { version: values.version }),
      ...(values.modality && { modality: values.modality }),
      ...(values.description && { description: values.description }),
      ...(values['mask-type'] && { mask_type: values['mask-type'] }),
      ...(sliceCount !== undefined && { slice_count: sliceCount }),
    },
    groupId,
    resume: values.resume && groupId === undefined,
    replace: values.replace,
    patterns: values.pattern === undefined ? undefined : [parsePattern(values.pattern)],
    label: values.label,
    concurrency: wholeNumber('concurrency', values.concurrency),
    compress: values.compress,
    dryRun: values['dry-run'],
  };
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function required(name: string, value: string | undefined): string {
  if (!value) throw new UsageError(`--${name} is missing`);
  return value;
}

function wholeNumber(name: string, value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  const number = /^[1-9]\d{0,15}$/.test(value) ? Number(value) : Number.NaN;
  if (!Number.isSafeInteger(number)) throw new UsageError(`--${name} must be a whole number above 0`);
  return number;
}

function httpUrl(value: string): string {
  if (!URL.canParse(value) || !/^https?:$/.test(new URL(value).protocol)) {
    throw new UsageError('--url must be an http or https URL');
  }
  const { username, password, search, hash } = new URL(value);
  if (username || password) throw new UsageError('--url cannot have credentials: set PACS_MASK_UPLOAD_TOKEN');
  if (search || hash) throw new UsageError('--url cannot have a query or a fragment');
  return value;
}
