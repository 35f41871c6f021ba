import type { ServerResponse } from 'node:http';
import type { ErrorCode } from '../domain/errors.js';
import type { OnEvent } from '../observability/events.js';
import { failSpan, inSpan } from '../observability/telemetry.js';

/**
 * Runs a request in a span, and tells of it once its answer is sent or its client has left.
 * @param work takes the request to an answer, and gives the code of the error that it was answered with
 */
export function observe(
  onEvent: OnEvent,
  operation: string,
  res: ServerResponse,
  work: () => Promise<ErrorCode | undefined>,
): Promise<void> {
  const startedAt = performance.now();
  return inSpan(`request ${operation}`, { operation }, async (span) => {
    const closed = res.closed || new Promise((resolve) => res.once('close', resolve));
    const code = (await work()) ?? null;
    await closed;
    const sent = res.writableFinished;
    const status = res.statusCode;
    span.setAttributes({ 'http.response.status_code': status, ...(code !== null && { 'error.type': code }) });
    if (code !== null && (status >= 500 || !sent)) failSpan(span, code);
    onEvent({ type: 'request-finished', operation, status, code, sent, durationMs: performance.now() - startedAt });
  });
}
