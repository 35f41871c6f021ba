import { MaskUploadError } from '../domain/errors.js';
import type { Principal } from '../domain/types.js';
import { findAnnotation } from '../repositories/schema.js';
import type { Context, Scope } from './context.js';

/**
 * Finds the annotation that a call is about.
 * @throws MaskUploadError `annotation-not-found`, `schema-mismatch`, `database-unavailable`
 */
export async function openScope(
  context: Context,
  annotationId: string,
  principal: Principal | null,
  { remoteAddress = null, signal }: { remoteAddress?: string | null; signal?: AbortSignal | undefined } = {},
): Promise<Scope> {
  const schema = await context.loadSchema();
  const annotation = await context.database.read((session) => findAnnotation(session, schema, annotationId));
  if (annotation === undefined) throw new MaskUploadError('annotation-not-found', 'There is no such annotation.');
  const userId = principal?.userId ?? null;
  const caller = { actor: userId === null ? null : String(userId), remoteAddress };
  return { schema, annotation, principal, caller, signal };
}
