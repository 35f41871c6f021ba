import type { oas31 } from 'openapi3-ts';
import { TAGS } from './operation.js';
import { groupPaths } from './paths/groups.js';
import { maskPaths } from './paths/masks.js';
import { uploadPaths } from './paths/uploads.js';
import { schemas } from './schemas.js';

const DESCRIPTION =
  'Takes segmentation masks into a PACS or annotation server. Paths are relative to wherever the server mounts the ' +
  'API, and requests are authenticated in the way the server does. Bytes are uploaded straight to ' +
  'the object storage through short-lived signed URLs, and mostly downloaded so, too.\n\n' +
  'Errors are `application/problem+json` (RFC 9457) with a `code` for programs. A method that a path does not have ' +
  'is answered with 405 `method-not-allowed` and `Allow`. On 503, repeat after `Retry-After` seconds.';

/** The API as an OpenAPI 3.1 document of its own. Shares nothing with an earlier call: the caller may change it. */
export function openApiFragment(version: string): oas31.OpenAPIObject {
  return structuredClone({
    openapi: '3.1.0',
    info: { title: 'Mask upload', version, description: DESCRIPTION, license: { name: 'MIT' } },
    tags: Object.values(TAGS),
    paths: { ...groupPaths, ...uploadPaths, ...maskPaths },
    components: { schemas },
  });
}
