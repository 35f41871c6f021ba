import type { oas31 } from 'openapi3-ts';
import type { ErrorCode } from '../src/domain/errors.js';
import type { ExampleName } from './examples.js';
import { body, problems } from './responses.js';

export const TAGS = {
  groups: { name: 'Mask groups', description: 'Groups of masks of one annotation.' },
  uploads: {
    name: 'Mask uploads',
    description:
      'Upload in three steps: sign (get one short-lived URL per file), send the bytes straight to the object ' +
      'storage, complete (the server verifies the stored bytes and records the masks).',
  },
  masks: { name: 'Masks', description: 'Recorded masks and their bytes.' },
} as const;

/** What any request can be answered with, whatever it asks for. */
const ALWAYS: readonly ErrorCode[] = ['invalid-request', 'unauthenticated', 'forbidden', 'annotation-not-found'];
const OUR_FAULT: readonly ErrorCode[] = ['internal-error', 'database-unavailable', 'schema-mismatch'];
const WITH_BODY: readonly ErrorCode[] = ['request-timeout', 'body-too-large', 'unsupported-media-type'];

interface OperationParts {
  id: string;
  tag: keyof typeof TAGS;
  summary: string;
  description?: string;
  parameters: oas31.ParameterObject[];
  /** The body's schema; `optional` when it may be left out. */
  body?: ExampleName;
  bodyOptional?: boolean;
  /** The answers that are not errors, by status. */
  answers: Record<number, oas31.ResponseObject>;
  /** The errors it can give besides those that every operation can. */
  errors?: readonly ErrorCode[];
}

export function operation(parts: OperationParts): oas31.OperationObject {
  const errors = [...ALWAYS, ...(parts.errors ?? []), ...(parts.body ? WITH_BODY : []), ...OUR_FAULT];
  return {
    operationId: parts.id,
    tags: [TAGS[parts.tag].name],
    summary: parts.summary,
    ...(parts.description && { description: parts.description }),
    parameters: parts.parameters,
    ...(parts.body && { requestBody: body(parts.body, { required: !parts.bodyOptional }) }),
    responses: { ...parts.answers, ...problems(errors) },
  };
}
