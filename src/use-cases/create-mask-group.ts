import { MaskUploadError } from '../domain/errors.js';
import type { MaskGroup } from '../domain/types.js';
import { validateBody } from '../domain/validation.js';
import { sqlState } from '../repositories/database.js';
import { findGroup, insertGroup } from '../repositories/groups.js';
import type { Context, Scope } from './context.js';
import { checkGroupFields } from './group-fields.js';

/** Creates a group; `created_by` is the principal's `userId`. */
export async function createMaskGroup(context: Context, scope: Scope, body: unknown): Promise<MaskGroup> {
  const { schema, annotation, caller } = scope;
  const fields = checkGroupFields(validateBody('CreateMaskGroupRequest', body), context.settings);
  return context.database
    .write(async (session) => {
      const id = await insertGroup(session, schema, annotation, fields, caller.actor);
      const group = await findGroup(session, schema, annotation, id);
      if (!group) throw new Error('The group just created cannot be read');
      return group;
    })
    .catch((error: unknown) => {
      const state = sqlState(error);
      // the host deleted the annotation after it was found
      if (state === '23503') throw new MaskUploadError('annotation-not-found', 'There is no such annotation.');
      if (state === '22P02' || state === '22003') {
        throw new Error(
          `created_by is ${schema.createdByType}, which the principal's userId is not. Alter the column's type to text, ` +
            'or let authenticate() give a userId that fits.',
          { cause: error },
        );
      }
      throw error;
    });
}
