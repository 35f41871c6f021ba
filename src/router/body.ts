import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import express from 'express';
import { MaskUploadError } from '../domain/errors.js';

/** Reads JSON bodies, whatever parser of the host has run before. */
export type BodyReader = (req: IncomingMessage & { body?: unknown }, res: ServerResponse) => Promise<unknown>;

/**
 * @param timeoutMs for a body to arrive, whole; one that takes longer is `request-timeout`.
 * @param maxBytes of a body; a longer one is `body-too-large`. A limit of the host's own parser, if that runs first,
 *   comes before ours.
 * @returns a reader that rejects with `unsupported-media-type`, `request-timeout`, `body-too-large` or
 *   `invalid-request`. A request without a body gives undefined.
 */
export function createBodyReader(maxBytes: number, timeoutMs: number): BodyReader {
  const parser = express.json({ limit: maxBytes, strict: false, type: () => true });
  return async (req, res) => {
    if (!hasBody(req)) return undefined;
    if (!isJson(req.headers['content-type'] ?? '')) {
      const message = 'Send the body as JSON in UTF-8, with Content-Type: application/json.';
      throw new MaskUploadError('unsupported-media-type', message);
    }
    // the client has left before anybody read it: nothing is wrong with the host
    if (req.readableAborted && !req.readableDidRead) throw malformed();
    if (Readable.isDisturbed(req)) return alreadyRead(req.body);
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(tooSlow()), timeoutMs);
      parser(req as never, res as never, (error?: unknown) => {
        clearTimeout(timer);
        if (error) reject(explain(error, maxBytes));
        else resolve();
      });
    });
    return req.body;
  };
}

function hasBody(req: IncomingMessage): boolean {
  const length = req.headers['content-length'];
  return req.headers['transfer-encoding'] !== undefined || (length !== undefined && length !== '0');
}

/** JSON is UTF-8 (RFC 8259 § 8.1); a charset may say so. Other parameters mean nothing. */
function isJson(contentType: string): boolean {
  const [type, ...parameters] = contentType.split(';').map((part) => part.trim().toLowerCase());
  const otherCharset = parameters.some((part) => part.startsWith('charset') && !/^charset="?utf-?8"?$/.test(part));
  return type === 'application/json' && !otherCharset;
}

/** The host's `json()` leaves a value; its `raw()` and `text()` leave the bytes or the text. */
function alreadyRead(body: unknown): unknown {
  if (body === undefined) {
    throw new Error(
      'Something read the request body and kept it. Mount the router before it, or leave the body in req.body.',
    );
  }
  if (typeof body !== 'string' && !Buffer.isBuffer(body)) return body;
  try {
    return JSON.parse(body.toString());
  } catch {
    throw malformed();
  }
}

function tooSlow(): MaskUploadError {
  return new MaskUploadError('request-timeout', 'The body did not arrive in time. Send it again, in smaller calls.');
}

function malformed(): MaskUploadError {
  return new MaskUploadError('invalid-request', 'The body is not well-formed JSON.');
}

/** The errors of express.json(), which its README lists by `type`. */
function explain(error: unknown, maxBytes: number): unknown {
  const { type } = error as { type?: string };
  switch (type) {
    case 'entity.too.large':
      return new MaskUploadError(
        'body-too-large',
        `The body must be at most ${maxBytes} bytes. Send it in several calls.`,
      );
    case 'entity.parse.failed':
    case 'request.size.invalid':
    case 'request.aborted':
      return malformed();
    case 'encoding.unsupported':
    case 'charset.unsupported':
      return new MaskUploadError(
        'unsupported-media-type',
        'Send the body in UTF-8, plain or with gzip, deflate or br.',
      );
    default:
      // zlib's complaint about a body that is not what its Content-Encoding says
      return typeof (error as { status?: unknown }).status === 'number' && (error as { status: number }).status < 500
        ? malformed()
        : error;
  }
}
