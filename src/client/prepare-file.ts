import { gzipped } from './compress.js';
import { isMaskClientError, MaskClientError } from './errors.js';
import { sha256 } from './hash.js';
import { typeByName } from './mime-type.js';
import type { components } from './openapi-types.js';
import type { MaskFile } from './types.js';

/** What to ask the API for, of a file that is hashed. */
export type FileToSign = components['schemas']['FileToSign'] & { checksum: string };

/** A file as it goes out. */
export interface PreparedFile {
  /** Its place in `files`. */
  index: number;
  body: Blob;
  /** Whether `body` is kept in memory, and not somewhere on a disk or in the caller's hands. */
  compressed: boolean;
  file: FileToSign;
}

/** @throws MaskClientError `invalid-request`, `file-unreadable` */
export async function prepareFile(
  file: MaskFile,
  index: number,
  { compress, signal }: { compress: boolean; signal: AbortSignal },
): Promise<PreparedFile> {
  const { filename, mime_type, content_encoding } = typeOf(file);
  const data = file.data instanceof Uint8Array ? new Blob([file.data as Uint8Array<ArrayBuffer>]) : file.data;
  try {
    const packed = compress && content_encoding === undefined ? await gzipped(data, mime_type, signal) : undefined;
    const body = packed ?? data;
    const encoding = packed ? 'gzip' : content_encoding;
    return {
      index,
      body,
      compressed: packed !== undefined,
      file: {
        mime_type,
        file_size: body.size,
        checksum: await sha256(body, signal),
        ...(filename !== undefined && { filename }),
        ...(encoding !== undefined && { content_encoding: encoding }),
        ...(file.slice_index !== undefined && { slice_index: file.slice_index }),
        ...(file.sop_instance_uid !== undefined && { sop_instance_uid: file.sop_instance_uid }),
        ...(file.label_name !== undefined && { label_name: file.label_name }),
        ...(file.width !== undefined && { width: file.width }),
        ...(file.height !== undefined && { height: file.height }),
      },
    };
  } catch (error) {
    throw isMaskClientError(error) ? error : unreadable();
  }
}

/** Of a File's own name no more than its extension is told to anyone. */
function typeOf({ data, filename, mime_type, content_encoding }: MaskFile) {
  const { name, type } = data as { name?: unknown; type?: unknown };
  const own = typeof name === 'string' ? typeByName(name) : undefined;
  const found = mime_type ?? (filename ? typeByName(filename)?.mimeType : undefined) ?? own?.mimeType ?? type;
  if (typeof found !== 'string' || found === '') {
    throw new MaskClientError('invalid-request', 'No MIME type: pass mime_type, or a filename with a known extension.');
  }
  const plain = own && own.mimeType === found ? `mask.${own.extension}` : undefined;
  return { mime_type: found.toLowerCase(), filename: filename ?? plain, content_encoding };
}

export function unreadable(): MaskClientError {
  return new MaskClientError('file-unreadable', 'The file cannot be read, or has changed since it was hashed.');
}
