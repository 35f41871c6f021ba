export { type MergeOpenApiOptions, mergeOpenApi, type OpenApiDocument } from '../openapi/merge.js';
export { type ErrorCode, type FieldError, isMaskUploadError, type MaskUploadError } from './domain/errors.js';
export type { MimeTypeOption } from './domain/mime-types.js';
export { createNameGuard, type NameGuard } from './domain/name-guard.js';
export type { TextField } from './domain/text.js';
export type * from './domain/types.js';
export { type MigrateOptions, migrateMaskUpload, rollbackMaskUpload } from './migrations/index.js';
export type { MaskUploadEvent, OnEvent } from './observability/events.js';
export type { SchemaOptions } from './repositories/schema.js';
export type { AccessRequest, Auth, HostRequest } from './router/auth.js';
export { createMaskUploadRouter, type MaskUploadRouter, type MaskUploadRouterOptions } from './router/index.js';
export { createFilesystemStorage, type FilesystemStorage } from './storage/filesystem/index.js';
export { type StorageFromEnv, signedUrlTtlsFromEnv, storageFromEnv } from './storage/from-env.js';
export { createMinioStorage, createS3Storage, type S3StorageOptions } from './storage/s3/index.js';
export * from './storage/storage.js';
export { createMaskUploadMaintenance, type MaskUploadMaintenance } from './use-cases/maintenance.js';
export type { MaskUploadOptions } from './use-cases/options.js';
export type { ReconcileOptions } from './use-cases/reconcile.js';
export type {
  MaskFinding,
  OrphanFinding,
  ReconcileFinding,
  ReconcileReport,
  UnfinishedFinding,
} from './use-cases/reconcile-report.js';
export { createMaskUploadService, type MaskUploadService } from './use-cases/service.js';
