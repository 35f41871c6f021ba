import { requestSchemas } from './request-schemas.js';
import { responseSchemas } from './response-schemas.js';

/** Every JSON shape of the API, by the name it has in `components.schemas`. */
export const schemas = { ...requestSchemas, ...responseSchemas };

export type SchemaName = keyof typeof schemas;
