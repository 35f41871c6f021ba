import { MAX_INT32, MAX_TEXT, PATTERN_MEANINGS, UID_PATTERN } from '../../openapi/schema-parts.js';
import { isDicomUid } from './dicom-uid.js';
import { fieldError, type MaskUploadError } from './errors.js';
import { isPlainName } from './plain-name.js';

/** Items in one page of a list, when `limit` is left out and at most. */
export const PAGE_LIMITS = {
  maskGroups: { default: 50, max: 200 },
  masks: { default: 100, max: 1000 },
  uploads: { default: 100, max: 1000 },
} as const;

export interface ListMaskGroupsQuery {
  limit: number;
  cursor?: string;
  modality?: string;
  mask_type?: string;
  model_name?: string;
}

export interface ListUploadsQuery {
  limit: number;
  cursor?: string;
}

export interface ListMasksQuery {
  limit: number;
  cursor?: string;
  label_name?: string;
  slice_index?: number;
  sop_instance_uid?: string;
  include_download_url: boolean;
}

const CANONICAL_INTEGER = /^(0|[1-9][0-9]{0,9})$/;
const CONTROL = /\p{Cc}/u;
const MAX_CURSOR = 1024;

/** The query of `listMaskGroups`. Throws `invalid-request`, or `invalid-cursor` for one that cannot be ours. */
export function parseListMaskGroupsQuery(params: URLSearchParams): ListMaskGroupsQuery {
  refuseOthers(params, ['limit', 'cursor', 'modality', 'mask_type', 'model_name']);
  return {
    limit: limitOf(params, PAGE_LIMITS.maskGroups),
    ...optional('cursor', cursorOf(params)),
    ...optional('modality', textOf(params, 'modality', MAX_TEXT.modality)),
    ...optional('mask_type', textOf(params, 'mask_type', MAX_TEXT.mask_type)),
    ...optional('model_name', textOf(params, 'model_name', MAX_TEXT.name)),
  };
}

/** The query of `listUploads`. Throws `invalid-request`, or `invalid-cursor` for one that cannot be ours. */
export function parseListUploadsQuery(params: URLSearchParams): ListUploadsQuery {
  refuseOthers(params, ['limit', 'cursor']);
  return { limit: limitOf(params, PAGE_LIMITS.uploads), ...optional('cursor', cursorOf(params)) };
}

/** The query of `listMasks`. Throws `invalid-request`, or `invalid-cursor` for one that cannot be ours. */
export function parseListMasksQuery(params: URLSearchParams): ListMasksQuery {
  refuseOthers(params, ['limit', 'cursor', 'label_name', 'slice_index', 'sop_instance_uid', 'include']);
  return {
    limit: limitOf(params, PAGE_LIMITS.masks),
    ...optional('cursor', cursorOf(params)),
    ...optional('label_name', textOf(params, 'label_name', MAX_TEXT.label_name)),
    ...optional('slice_index', integerOf(params, 'slice_index', 0, MAX_INT32)),
    ...optional('sop_instance_uid', uidOf(params)),
    include_download_url: includesDownloadUrl(params),
  };
}

/** The query of `getMask`. Throws `invalid-request`. */
export function parseIncludeQuery(params: URLSearchParams): { include_download_url: boolean } {
  refuseOthers(params, ['include']);
  return { include_download_url: includesDownloadUrl(params) };
}

/** A mistyped filter must not silently answer everything; a repeated one has no one meaning. */
function refuseOthers(params: URLSearchParams, allowed: readonly string[]): void {
  const seen = new Set<string>();
  for (const name of params.keys()) {
    if (!allowed.includes(name)) {
      const unknown = isPlainName(name) ? `unknown query parameter ${name}` : 'unknown query parameter';
      throw invalid(`${unknown}; this path takes ${allowed.join(', ')}`);
    }
    if (seen.has(name)) throw invalid(`query parameter ${name} must be given once`);
    seen.add(name);
  }
}

function limitOf(params: URLSearchParams, limits: { default: number; max: number }): number {
  return integerOf(params, 'limit', 1, limits.max) ?? limits.default;
}

function integerOf(params: URLSearchParams, name: string, min: number, max: number): number | undefined {
  const value = params.get(name);
  if (value === null) return undefined;
  const number = CANONICAL_INTEGER.test(value) ? Number(value) : Number.NaN;
  if (!(number >= min && number <= max))
    throw invalid(`query parameter ${name} must be an integer from ${min} to ${max}`);
  return number;
}

/** NFC, as all stored text is. A text that no stored one can equal is refused, not searched for. */
function textOf(params: URLSearchParams, name: string, maxLength: number): string | undefined {
  const value = params.get(name);
  if (value === null) return undefined;
  const text = value.length > 4 * maxLength ? value : value.normalize('NFC');
  if (text === '' || [...text].length > maxLength || CONTROL.test(text)) {
    throw invalid(`query parameter ${name} must be 1 to ${maxLength} characters, without control characters`);
  }
  return text;
}

function uidOf(params: URLSearchParams): string | undefined {
  const value = params.get('sop_instance_uid');
  if (value === null) return undefined;
  if (!isDicomUid(value)) throw invalid(`query parameter sop_instance_uid must be ${PATTERN_MEANINGS[UID_PATTERN]}`);
  return value;
}

/** Only bounded here; the list that made the cursor knows how to read it. */
function cursorOf(params: URLSearchParams): string | undefined {
  const value = params.get('cursor');
  if (value === null) return undefined;
  if (value === '' || value.length > MAX_CURSOR) {
    throw fieldError('invalid-cursor', '', 'query parameter cursor must be the next_cursor that this list answered');
  }
  return value;
}

function includesDownloadUrl(params: URLSearchParams): boolean {
  const value = params.get('include');
  if (value !== null && value !== 'download_url') throw invalid('query parameter include must be download_url');
  return value !== null;
}

function optional<K extends string, V>(name: K, value: V | undefined): { [key in K]?: V } {
  return value === undefined ? {} : ({ [name]: value } as { [key in K]?: V });
}

/** Pointers are into the body, so an error about the query has the empty one. */
function invalid(message: string): MaskUploadError {
  return fieldError('invalid-request', '', message);
}
