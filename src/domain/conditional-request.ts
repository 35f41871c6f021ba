import type { IncomingHttpHeaders } from 'node:http';

/** Both ends included, as in HTTP. */
export interface ByteRange {
  start: number;
  end: number;
}

/** What a GET or HEAD asks of an object: all of it, a part, a part it does not have, or nothing new. */
export type Asked = 'whole' | 'not-modified' | 'unsatisfiable' | ByteRange;

/**
 * What a request asks of `size` bytes whose strong ETag is `etag` (null: they have none), its conditions in the order
 * of RFC 9110 § 13.2.2. Only a GET has ranges, and only of the very bytes that If-Range names.
 */
export function whatIsAsked(
  { method, headers }: { method?: string | undefined; headers: IncomingHttpHeaders },
  size: number,
  etag: string | null,
): Asked {
  if (matches(headers['if-none-match'], etag)) return 'not-modified';
  const ifRange = headers['if-range'];
  if (method !== 'GET' || (ifRange !== undefined && ifRange !== etag)) return 'whole';
  return parseByteRange(headers.range, size) ?? 'whole';
}

/** A weak tag that a cache made of a strong one means the same bytes here (§ 13.1.2). */
function matches(ifNoneMatch: string | undefined, etag: string | null): boolean {
  const tags = ifNoneMatch?.split(',').map((tag) => tag.trim().replace(/^W\//, '')) ?? [];
  return tags.includes('*') || (etag !== null && tags.includes(etag));
}

/**
 * The one range that a Range header asks of `size` bytes (RFC 9110 § 14.1.2). Undefined when there is none, several, or
 * another unit: the whole is the answer then, as the RFC allows.
 */
function parseByteRange(header: string | undefined, size: number): ByteRange | 'unsatisfiable' | undefined {
  const [, first, last] = /^bytes=(\d*)-(\d*)$/.exec(header ?? '') ?? [];
  if (first === undefined || last === undefined || first + last === '') return undefined;
  if (first !== '' && last !== '' && Number(first) > Number(last)) return undefined;
  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === '' || last === '' ? size - 1 : Math.min(Number(last), size - 1);
  return start > end ? 'unsatisfiable' : { start, end };
}
