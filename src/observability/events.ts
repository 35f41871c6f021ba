/** What happened, for logs and hooks. Never holds a signed URL, a token or a file name. */
export type MaskUploadEvent =
  /** A request failed for a reason that is ours or the host's: answered as 500 or 503. */
  | { type: 'request-failed'; operation: string; code: string; error: unknown }
  /** An upkeep run failed; it will be tried again. */
  | { type: 'upkeep-failed'; error: unknown }
  /** Objects were deleted, or could not be and will be tried again. */
  | { type: 'objects-deleted'; count: number; failed: number }
  /** Pending uploads that nobody completed in time were given up. */
  | { type: 'uploads-expired'; count: number };

export type OnEvent = (event: MaskUploadEvent) => void;

/** Where nobody listens, failures still reach the host's log; they would be invisible otherwise. */
export const logFailures: OnEvent = (event) => {
  if (event.type === 'request-failed')
    console.error(`pacs-mask-upload: ${event.operation} failed (${event.code})`, event.error);
  if (event.type === 'upkeep-failed') console.error('pacs-mask-upload: upkeep failed, will try again', event.error);
};

/** A listener that throws must not break the request it was told of. */
export function guarded(listener: OnEvent): OnEvent {
  return (event) => {
    try {
      listener(event);
    } catch (error) {
      console.error('pacs-mask-upload: onEvent threw', error);
    }
  };
}
