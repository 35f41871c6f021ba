export type { MaskClient, OperationInput, OperationOutput } from './api.js';
export { createMaskClient } from './api.js';
export { downloadMasks } from './download-masks.js';
export type { FieldError, MaskClientErrorCode, UploadFailure } from './errors.js';
export { isMaskClientError, MaskClientError } from './errors.js';
export type * from './types.js';
export { uploadMasks } from './upload-masks.js';
