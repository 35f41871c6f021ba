import type { ErrorCode } from '../domain/errors.js';

/**
 * What happened, for logs, hooks and metrics. Never holds a signed URL, a token, a file name or a label. It is told
 * after the change that it tells of is committed, once, by the process that made it: a process that dies in between
 * tells nobody, which the audit table, written in the same transaction, does.
 */
export type MaskUploadEvent =
  /**
   * A request of an operation was answered, or left by its client. `code` is that of the error, if it was one; `sent`
   * is false when the answer did not get out whole.
   */
  | {
      type: 'request-finished';
      operation: string;
      status: number;
      code: ErrorCode | null;
      sent: boolean;
      durationMs: number;
    }
  /** A request failed for a reason that is ours or the host's: answered as 500 or 503, or broken off while it was. */
  | { type: 'request-failed'; operation: string; code: string; error: unknown }
  /** Somebody came without valid credentials. These are not in the audit table, which anybody could fill otherwise. */
  | { type: 'unauthenticated'; operation: string; remoteAddress: string | null }
  /** Uploads were signed. Renewing one is not told again. */
  | { type: 'uploads-signed'; files: number; bytes: number }
  /** An uploaded object was looked at. `bytes` are those that were promised. */
  | { type: 'upload-verified'; outcome: VerificationOutcome; bytes: number; durationMs: number }
  /** Files were recorded as masks, which may have replaced others. A repeat of such a call records none. */
  | ({ type: 'uploads-completed'; masks: number; replaced: number; bytes: number } & GroupPlace)
  | ({ type: 'mask-deleted'; maskId: number } & GroupPlace)
  | ({ type: 'mask-group-deleted' } & GroupPlace)
  /** An upkeep run failed; it will be tried again. */
  | { type: 'upkeep-failed'; error: unknown }
  /** Objects were deleted, or could not be and will be tried again. */
  | { type: 'objects-deleted'; count: number; failed: number }
  /** Pending uploads that nobody completed in time were given up. */
  | { type: 'uploads-expired'; count: number }
  /**
   * A whole upkeep run. `queued` are the keys whose deletion is not final yet, counted up to a million:
   * `deletionGraceSeconds` keeps them.
   */
  | { type: 'upkeep-finished'; queued: number; durationMs: number };

/** `verified`, `missing` (nothing is stored yet), `unavailable` (the store could not say), or why it was rejected. */
export type VerificationOutcome = 'verified' | 'missing' | 'unavailable' | ErrorCode;

interface GroupPlace {
  /** A number for an integer key, else a string. */
  annotationId: number | string;
  groupId: number;
}

export type OnEvent = (event: MaskUploadEvent) => void;

/** Where nobody listens, failures still reach the host's log; they would be invisible otherwise. */
export const logFailures: OnEvent = (event) => {
  if (event.type === 'request-failed')
    console.error(`pacs-mask-upload: ${event.operation} failed (${event.code})`, event.error);
  if (event.type === 'upkeep-failed') console.error('pacs-mask-upload: upkeep failed, will try again', event.error);
};

/** A listener that throws must not break the request it was told of, nor keep the other ones from hearing. */
export function toAll(...listeners: OnEvent[]): OnEvent {
  return (event) => {
    for (const listener of listeners) {
      try {
        listener(event);
      } catch (error) {
        console.error('pacs-mask-upload: onEvent threw', error);
      }
    }
  };
}
