import type { oas31 } from 'openapi3-ts';
import { ERROR_CODES, type ErrorCode } from '../src/domain/errors.js';
import { ERROR_MEANINGS } from './error-meanings.js';
import { type ExampleName, examples } from './examples.js';
import { ref } from './schema-parts.js';

type Header = oas31.HeaderObject;

function header(description: string, type: 'string' | 'integer' = 'string'): Header {
  return { description, required: true, schema: { type } };
}

export const location = (description: string): Record<string, Header> => ({ Location: header(description) });

/** The headers of an answer that carries, or can carry, a signed URL, which is a secret. */
export const secret: Record<string, Header> = {
  'Cache-Control': header('`no-store`.'),
  'Referrer-Policy': header('`no-referrer`.'),
};

const retryAfter: Record<string, Header> = {
  'Retry-After': header('Seconds after which a repeat makes sense.', 'integer'),
};

export function json(description: string, schema: ExampleName, headers?: Record<string, Header>): oas31.ResponseObject {
  return {
    description,
    ...(headers && { headers }),
    content: { 'application/json': { schema: ref(schema), example: examples[schema] } },
  };
}

/** Bytes of that media type, or of any. */
export function bytes(description: string, mediaType: string, headers: Record<string, Header>): oas31.ResponseObject {
  return { description, headers, content: { [mediaType]: { schema: { type: 'string', format: 'binary' } } } };
}

/** What names a file for the browser's download. */
export const attachment: Record<string, Header> = {
  'Content-Disposition': header('The generated file name.'),
  'Cache-Control': header('`private, no-store`.'),
};

/** The headers of stored bytes. They never change, so their SHA-256 is their ETag. */
export const stored: Record<string, Header> = {
  'Cache-Control': header('`private`, `immutable`, for as long as a signed URL lives.'),
  ETag: { ...header('The SHA-256 of the stored bytes, in quotes.'), required: false },
};

export const contentRange: Record<string, Header> = { 'Content-Range': header('As in RFC 9110 § 14.4.') };

export function body(schema: ExampleName, options: { required: boolean }): oas31.RequestBodyObject {
  return {
    required: options.required,
    content: { 'application/json': { schema: ref(schema), example: examples[schema] } },
  };
}

/**
 * The error answers of an operation that can fail with these codes, one per status. `x-error-codes` holds the codes
 * for programs, the description says what they mean.
 */
export function problems(codes: readonly ErrorCode[]): Record<string, oas31.ResponseObject> {
  const answers: Record<string, oas31.ResponseObject> = {};
  for (const status of new Set(codes.map((code) => ERROR_CODES[code].status))) {
    const own = codes.filter((code) => ERROR_CODES[code].status === status);
    answers[status] = {
      description: own.map((code) => `\`${code}\`: ${ERROR_MEANINGS[code]}.`).join('\n\n'),
      ...(status === 503 && { headers: retryAfter }),
      ...(status === 416 && { headers: contentRange }),
      content: { 'application/problem+json': { schema: ref('Problem') } },
      'x-error-codes': own,
    };
  }
  return answers;
}
