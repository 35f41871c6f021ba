import { AsyncLocalStorage } from 'node:async_hooks';
import { once } from 'node:events';
import { get } from 'node:http';
import {
  type Context,
  type ContextManager,
  context,
  metrics,
  ROOT_CONTEXT,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { expect } from 'chai';
import { createMaskUploadMaintenance, type MaskUploadEvent } from '../src/index.js';
import { fileFor, maskPath, newGroup, put, startHost, type TestHost, upload } from './support/host.js';
import { png, pngOf } from './support/png.js';
import { waitFor } from './support/wait.js';

describe('events', () => {
  let host: TestHost;
  let events: MaskUploadEvent[] = [];
  let asked = 0;
  let finished = 0;
  before(async () => {
    host = await startHost({
      store: 'filesystem',
      router: {
        maintenance: false,
        download: 'proxy',
        onEvent(event) {
          events.push(event);
          if (event.type === 'request-finished') finished++;
        },
      },
    });
    const { api } = host;
    host.api = (...call) => {
      asked++;
      return api(...call);
    };
  });
  after(() => host.close());

  /** A request's own event comes when its answer is through, which the client may know first. */
  const allTold = () => waitFor(() => finished === asked, { message: 'every request to be told of' });

  async function eventsOf(work: () => Promise<unknown>): Promise<MaskUploadEvent[]> {
    await allTold();
    events = [];
    await work();
    await allTold();
    return events;
  }

  it('tell of every step of the job, in numbers', async () => {
    const files = [png({ value: 1 }), png({ value: 2 })];
    const bytes = files.reduce((sum, file) => sum + file.length, 0);
    let group = '';
    const all = await eventsOf(async () => {
      group = await newGroup(host);
      const uploads = await upload(
        host,
        group,
        files.map((file, slice_index) => ({ bytes: file, file: { slice_index } })),
      );
      await host.api('POST', `${group}/complete`, { uploaded_files: uploads.map((one) => one.upload_id) });
    });
    const place = { annotationId: 1, groupId: Number(group.split('/').at(-1)) };
    expect(all.map(withoutTime)).to.have.deep.members([
      request('createMaskGroup', 201),
      { type: 'uploads-signed', files: 2, bytes },
      request('signUploads', 200),
      ...files.map((file) => ({ type: 'upload-verified', outcome: 'verified', bytes: file.length })),
      { type: 'uploads-completed', ...place, masks: 2, replaced: 0, bytes },
      request('completeUpload', 200),
    ]);
    for (const event of all) if ('durationMs' in event) expect(event.durationMs).to.be.within(0, 60_000);

    const { masks } = (await host.api('GET', `${group}/masks`)).body;
    const deleting = await eventsOf(async () => {
      await host.api('DELETE', maskPath(group, masks[0].id));
      await host.api('DELETE', group);
    });
    expect(deleting.filter((event) => !/^objects|^request/.test(event.type))).to.deep.equal([
      { type: 'mask-deleted', ...place, maskId: masks[0].id },
      { type: 'mask-group-deleted', ...place },
    ]);
  });

  it('tell of what is refused, by its code', async () => {
    const group = await newGroup(host);
    const all = await eventsOf(async () => {
      await host.api('GET', group, undefined, { as: null });
      await host.api('DELETE', group, undefined, { as: 'zoe' });
      await host.api('POST', `${group}/signed-url`, { mime_type: 'image/png', file_size: 0 });
      await host.api('GET', `${group}0000`);
    });
    expect(all.map(withoutTime)).to.deep.include.members([
      { type: 'unauthenticated', operation: 'getMaskGroup', remoteAddress: '127.0.0.1' },
      request('getMaskGroup', 401, 'unauthenticated'),
      request('deleteMaskGroup', 403, 'forbidden'),
      request('signUpload', 400, 'invalid-request'),
      request('getMaskGroup', 404, 'mask-group-not-found'),
    ]);
    // the objects of a group that was deleted before may go at any time
    expect(all.filter((event) => event.type !== 'objects-deleted')).to.have.length(5);
  });

  it('tell how an upload that is not what was promised was rejected, and that one is not there yet', async () => {
    const group = await newGroup(host);
    const { body } = await host.api('POST', `${group}/signed-urls`, {
      files: [fileFor(Buffer.from('not a PNG at all'), { slice_index: 0 }), fileFor(png(), { slice_index: 1 })],
    });
    expect(await put(body.uploads[0], Buffer.from('not a PNG at all'))).to.equal(200);
    const all = await eventsOf(async () => {
      for (const { upload_id } of body.uploads) {
        expect((await host.api('POST', `${group}/complete`, { uploaded_files: [upload_id] })).status).to.equal(409);
      }
    });
    expect(all.flatMap((event) => (event.type === 'upload-verified' ? [event.outcome] : []))).to.deep.equal([
      'content-mismatch',
      'missing',
    ]);
  });

  it('tell of an answer that its client did not wait for', async () => {
    const group = await newGroup(host);
    const [signed] = await upload(host, group, [{ bytes: pngOf(30 * 2 ** 20, 1) }]);
    const { body } = await host.api('POST', `${group}/complete`, { uploaded_files: [signed?.upload_id] });
    const left = get(`${host.url}/api${maskPath(group, body.masks[0].id)}/content`, {
      headers: { authorization: 'Bearer ben' },
      agent: false,
    });
    asked++;
    await once(left, 'response');
    left.destroy();
    await allTold();
    expect(withoutTime(events.at(-1))).to.deep.equal({ ...request('getMaskContent', 200), sent: false });
  });

  it('tell of upkeep, with what is queued', async () => {
    const heard: MaskUploadEvent[] = [];
    await host.knex('annotation_mask_deletion').delete();
    await host.knex('annotation_mask_deletion').insert([
      { file_path: 'mask/x/1/later.png', put_expires_at: host.knex.raw("now() + interval '1 hour'") },
      { file_path: 'mask/x/1/now.png', put_expires_at: host.knex.raw("now() - interval '1 day'") },
    ]);
    const { knex, storage } = host;
    await createMaskUploadMaintenance({ knex, storage, onEvent: (event) => heard.push(event) }).sweep();
    expect(heard.map(withoutTime)).to.deep.equal([
      { type: 'objects-deleted', count: 2, failed: 0 },
      { type: 'upkeep-finished', queued: 1 },
    ]);
  });

  it('hold no URL, token, file name or label', async () => {
    events = [];
    const group = await newGroup(host, { group_name: 'Telltale group' });
    const file = { filename: 'telltale.png', label_name: 'telltale' };
    const [signed] = await upload(host, group, [{ bytes: png(), file }]);
    const { body } = await host.api('POST', `${group}/complete`, { uploaded_files: [signed?.file_path] });
    const mask = maskPath(group, body.masks[0].id);
    await host.api('POST', `${mask}/download-url`, {});
    await host.api('GET', `${mask}/content`);
    await host.api('POST', `${group}/signed-url`, { ...fileFor(png()), filename: 'telltale.exe' });
    await host.storage.delete([body.masks[0].file_path]);
    expect((await host.api('GET', `${group}/archive`)).status).to.equal(503);
    await allTold();
    const text = JSON.stringify(events, (_, value) =>
      value instanceof Error ? `${value.stack} ${value.cause}` : value,
    );
    expect(events.length).to.be.above(10);
    expect(text).to.not.match(/telltale|https?:|signature|bearer/i);
  });
});

function request(operation: string, status: number, code: string | null = null) {
  return { type: 'request-finished', operation, status, code, sent: true };
}

function withoutTime(event: MaskUploadEvent | undefined): object {
  const { durationMs: _, ...rest } = (event ?? {}) as { durationMs?: number };
  return rest;
}

/** What an SDK brings along: the active span follows the work. */
class AsyncContexts implements ContextManager {
  readonly #current = new AsyncLocalStorage<Context>();
  active() {
    return this.#current.getStore() ?? ROOT_CONTEXT;
  }
  with<A extends unknown[], F extends (...args: A) => ReturnType<F>>(to: Context, work: F, self?: unknown, ...args: A) {
    return this.#current.run(to, () => work.call(self as never, ...args));
  }
  bind<T>(_: Context, target: T): T {
    return target;
  }
  enable() {
    return this;
  }
  disable() {
    return this;
  }
}

describe('OpenTelemetry', () => {
  const spans = new InMemorySpanExporter();
  const measured = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter: measured, exportIntervalMillis: 3_600_000 });
  const meters = new MeterProvider({ readers: [reader] });
  const tracers = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] });
  let host: TestHost;
  before(async () => {
    context.setGlobalContextManager(new AsyncContexts());
    trace.setGlobalTracerProvider(tracers);
    // an SDK that is set up after the router counts, too
    host = await startHost({ store: 'filesystem', router: { maintenance: false } });
    metrics.setGlobalMeterProvider(meters);
  });
  after(async () => {
    await host.close();
    context.disable();
    trace.disable();
    metrics.disable();
    await meters.shutdown();
    await tracers.shutdown();
  });

  it('has spans of requests, with signing and verifying inside, and metrics of all of it', async () => {
    const files = [png({ value: 1 }), png({ value: 2 })];
    const bytes = files.reduce((sum, file) => sum + file.length, 0);
    const group = await newGroup(host);
    const uploads = await upload(
      host,
      group,
      files.map((file, slice_index) => ({ bytes: file, file: { slice_index } })),
    );
    await host.api('POST', `${group}/complete`, { uploaded_files: uploads.map((one) => one.upload_id) });
    await host.api('POST', `${group}/complete`, { uploaded_files: ['0198f3a2-6c1e-7d4b-9a53-2f0c8e7b1d64'] });
    const read = host.storage.read;
    host.storage.read = async () => {
      throw new Error('broken in a way that nobody foresaw');
    };
    await host.api('GET', `${group}/archive`);
    host.storage.read = read;
    const { knex, storage } = host;
    await createMaskUploadMaintenance({ knex, storage }).sweep();
    await waitFor(() => spans.getFinishedSpans().length >= 7, { message: 'the spans' });

    const ended = spans.getFinishedSpans();
    const byName = (name: string) => ended.filter((span) => span.name === `mask_upload.${name}`);
    const [signing] = byName('request signUploads');
    expect(signing?.attributes).to.deep.equal({ operation: 'signUploads', 'http.response.status_code': 200 });
    expect(byName('sign')[0]?.parentSpanContext?.spanId).to.equal(signing?.spanContext().spanId);
    const [completed, refused] = byName('request completeUpload');
    expect(byName('verify')[0]?.parentSpanContext?.spanId).to.equal(completed?.spanContext().spanId);
    expect(byName('verify')[0]?.attributes).to.deep.equal({ files: 2 });
    // a refusal is the client's error, not ours
    expect(refused?.attributes).to.include({ 'http.response.status_code': 404, 'error.type': 'upload-not-found' });
    expect(refused?.status.code).to.equal(SpanStatusCode.UNSET);
    const [failed] = byName('request getMaskGroupArchive');
    expect(failed?.status).to.deep.equal({ code: SpanStatusCode.ERROR, message: 'internal-error' });
    expect(
      JSON.stringify(ended.map(({ name, attributes, status, events }) => [name, attributes, status, events])),
    ).to.not.match(/foresaw|https?:|signature/);

    await reader.forceFlush();
    const points = Object.fromEntries(
      (measured.getMetrics().at(-1)?.scopeMetrics ?? [])
        .flatMap((scope) => scope.metrics)
        .map(({ descriptor, dataPoints }) => [
          descriptor.name,
          dataPoints.map(({ attributes, value }) => ({
            ...attributes,
            value: typeof value === 'object' ? value.count : value,
          })),
        ]),
    );
    const { 'mask_upload.request.duration': requests, ...others } = points;
    expect(requests).to.deep.include.members([
      { operation: 'signUploads', 'http.response.status_code': 200, value: 1 },
      { operation: 'completeUpload', 'http.response.status_code': 200, value: 1 },
      {
        operation: 'completeUpload',
        'http.response.status_code': 404,
        'error.type': 'upload-not-found',
        value: 1,
      },
    ]);
    expect(others).to.deep.equal({
      'mask_upload.request.errors': [
        { operation: 'completeUpload', 'error.type': 'upload-not-found', value: 1 },
        { operation: 'getMaskGroupArchive', 'error.type': 'internal-error', value: 1 },
      ],
      'mask_upload.signed.files': [{ value: 2 }],
      'mask_upload.signed.bytes': [{ value: bytes }],
      'mask_upload.verification.duration': [{ outcome: 'verified', value: 2 }],
      'mask_upload.verification.bytes': [{ outcome: 'verified', value: bytes }],
      'mask_upload.recorded.masks': [{ value: 2 }],
      'mask_upload.recorded.bytes': [{ value: bytes }],
      'mask_upload.deletion_queue.depth': [{ value: 0 }],
    });
  });
});
