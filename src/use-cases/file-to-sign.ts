import { isDicomUid } from '../domain/dicom-uid.js';
import type { ErrorCode, FieldError } from '../domain/errors.js';
import { findMimeType, keyExtension } from '../domain/mime-types.js';
import { sha256Hex } from '../domain/object-key.js';
import { partSizeOf } from '../domain/part-layout.js';
import { checkFilename, checkText } from '../domain/text.js';
import type { FileToSign } from '../domain/types.js';
import type { NewUpload } from '../repositories/uploads.js';
import type { Settings } from './options.js';

/** A file that may be signed, as it is to be stored, and the extension of its key. */
export type CheckedFile = Omit<NewUpload, 'id' | 'file_path'> & { extension: string };

/** Applies the rules that a schema cannot say. `path` is the JSON pointer of the file in the body. */
export function checkFile(
  file: FileToSign,
  path: string,
  settings: Settings,
): { file: CheckedFile; errors?: undefined } | { errors: FieldError[]; file?: undefined } {
  const errors: FieldError[] = [];
  const refuse = (field: keyof FileToSign, code: ErrorCode, message: string) =>
    errors.push({ path: `${path}/${field}`, code, message });

  const type = findMimeType(settings.mimeTypes, file.mime_type);
  if (!type) {
    refuse(
      'mime_type',
      'unsupported-mime-type',
      `mime_type must be one of ${[...settings.mimeTypes.keys()].join(', ')}`,
    );
  }
  const most = settings.maxFileBytes;
  if (file.file_size > most) refuse('file_size', 'file-too-large', `file_size must be at most ${most} bytes`);

  const filename = file.filename ?? undefined;
  if (filename !== undefined && type) {
    const problem = checkFilename(filename, type, settings.nameGuard);
    if (problem) refuse('filename', problem.code, problem.message);
  }
  let label: string | null = null;
  if (typeof file.label_name === 'string') {
    const checked = checkText('label_name', file.label_name, settings.nameGuard);
    if (checked.problem) refuse('label_name', checked.problem.code, checked.problem.message);
    else label = checked.value;
  }
  if (typeof file.sop_instance_uid === 'string' && !isDicomUid(file.sop_instance_uid)) {
    refuse('sop_instance_uid', 'invalid-request', 'sop_instance_uid must be a DICOM UID of at most 64 characters');
  }
  const checksum = typeof file.checksum === 'string' ? sha256Hex(file.checksum) : null;
  if (checksum === undefined) refuse('checksum', 'invalid-request', 'checksum must be a SHA-256 in 64 hex digits');
  if (file.content_encoding === 'gzip' && type?.content === 'png') {
    refuse('content_encoding', 'invalid-request', 'content_encoding is not for PNG, which is compressed already');
  }

  if (errors.length > 0 || !type || checksum === undefined) return { errors };
  return {
    file: {
      mime_type: type.name,
      content_encoding: file.content_encoding ?? null,
      file_size: file.file_size,
      checksum,
      slice_index: file.slice_index ?? null,
      sop_instance_uid: file.sop_instance_uid ?? null,
      label_name: label,
      width: file.width ?? null,
      height: file.height ?? null,
      part_size: partSizeOf(file.file_size, settings.multipartThresholdBytes),
      extension: keyExtension(type, filename, file.content_encoding ?? undefined),
    },
  };
}
