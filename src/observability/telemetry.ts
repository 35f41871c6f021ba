import { type Attributes, metrics, type Span, SpanStatusCode, trace } from '@opentelemetry/api';
import { isMaskUploadError } from '../domain/errors.js';
import type { OnEvent } from './events.js';

/** Instrumentation scope, and the first part of every name. Without an SDK in the host's process all of it does nothing. */
const SCOPE = 'pacs-mask-upload';

/** Runs work in a span, which ends with it. */
export async function inSpan<T>(name: string, attributes: Attributes, work: (span: Span) => Promise<T>): Promise<T> {
  return trace.getTracer(SCOPE).startActiveSpan(`mask_upload.${name}`, { attributes }, async (span) => {
    try {
      return await work(span);
    } catch (error) {
      failSpan(span, isMaskUploadError(error) ? error.code : 'internal-error');
      throw error;
    } finally {
      span.end();
    }
  });
}

/** The code alone: messages of databases and stores are for the host's log. */
export function failSpan(span: Span, code: string): void {
  span.setAttribute('error.type', code);
  span.setStatus({ code: SpanStatusCode.ERROR, message: code });
}

/** A listener that counts what it hears. */
export function recordMetrics(): OnEvent {
  // at the first event: an SDK that is set up after the router counts, too
  let instruments: ReturnType<typeof createInstruments> | undefined;
  return (event) => {
    instruments ??= createInstruments();
    const { requests, failures, signed, verifications, recorded, deleted, expired, queue } = instruments;
    switch (event.type) {
      case 'request-finished': {
        const { operation, status, code, durationMs } = event;
        const error = code === null ? {} : { 'error.type': code };
        requests.record(durationMs / 1000, { operation, 'http.response.status_code': status, ...error });
        if (code !== null) failures.add(1, { operation, 'error.type': code });
        return;
      }
      case 'uploads-signed':
        signed.files.add(event.files);
        signed.bytes.add(event.bytes);
        return;
      case 'upload-verified':
        verifications.duration.record(event.durationMs / 1000, { outcome: event.outcome });
        verifications.bytes.add(event.bytes, { outcome: event.outcome });
        return;
      case 'uploads-completed':
        recorded.masks.add(event.masks);
        recorded.bytes.add(event.bytes);
        return;
      case 'objects-deleted':
        deleted.add(event.count, { outcome: 'done' });
        deleted.add(event.failed, { outcome: 'failed' });
        return;
      case 'uploads-expired':
        expired.add(event.count);
        return;
      case 'upkeep-finished':
        queue.record(event.queued);
        return;
    }
  };
}

function createInstruments() {
  const meter = metrics.getMeter(SCOPE);
  const counter = (name: string, unit: string, description: string) =>
    meter.createCounter(`mask_upload.${name}`, { unit, description });
  const seconds = (name: string, description: string) =>
    meter.createHistogram(`mask_upload.${name}`, { unit: 's', description });
  return {
    requests: seconds('request.duration', 'Requests, until their answer was sent.'),
    failures: counter('request.errors', '{request}', 'Requests that were answered with an error, by its code.'),
    signed: {
      files: counter('signed.files', '{file}', 'Files whose upload was signed.'),
      bytes: counter('signed.bytes', 'By', 'Their promised sizes.'),
    },
    verifications: {
      duration: seconds('verification.duration', 'Looks at an uploaded object, by outcome.'),
      bytes: counter('verification.bytes', 'By', 'Promised sizes of the objects that were looked at, by outcome.'),
    },
    recorded: {
      masks: counter('recorded.masks', '{mask}', 'Masks that were recorded.'),
      bytes: counter('recorded.bytes', 'By', 'Their stored sizes.'),
    },
    deleted: counter('deleted.objects', '{object}', 'Objects that were deleted, or could not be.'),
    expired: counter('expired.uploads', '{upload}', 'Pending uploads that were given up.'),
    queue: meter.createGauge('mask_upload.deletion_queue.depth', {
      unit: '{object}',
      description: 'Keys whose deletion is not final yet.',
    }),
  };
}
