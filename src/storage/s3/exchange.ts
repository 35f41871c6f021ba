import { Readable } from 'node:stream';
import type { Dispatcher } from 'undici';
import { abortedError, networkError, timeoutError } from './errors.js';

export interface HttpCall {
  method: 'GET' | 'HEAD' | 'PUT' | 'DELETE';
  origin: string;
  /** Path and query, sent as they are: keys may hold `..` and `//`. */
  target: string;
  headers?: Record<string, string>;
  body?: Buffer;
  signal?: AbortSignal | undefined;
}

export interface HttpAnswer {
  status: number;
  header(name: string): string | undefined;
  /** Read it to its end or destroy it, or its connection stays taken. Fails with a StorageError. */
  body: Readable;
}

/**
 * One HTTP request: resolves when the headers are there, rejects with a StorageError when they are not within
 * `timeoutMs`, the time in the queue for a connection included. Redirects are answers like any other.
 */
export function exchange(dispatcher: Dispatcher, call: HttpCall, timeoutMs: number): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    if (call.signal?.aborted) return reject(abortedError(call.signal));
    const answer = new Answer(call.signal, timeoutMs, resolve, reject);
    const { method, origin, target: path, headers = {}, body } = call;
    try {
      // reset: false keeps the connection after a HEAD, which undici otherwise closes
      dispatcher.dispatch({ method, origin, path, headers, body: body ?? null, reset: false }, answer);
    } catch (error) {
      answer.destroy(networkError(error));
    }
  });
}

/** The answer's body, and the handler that fills it: one object instead of undici's three, as this is the hot path. */
class Answer extends Readable implements Dispatcher.DispatchHandler {
  readonly #signal: AbortSignal | undefined;
  readonly #resolve: (answer: HttpAnswer) => void;
  readonly #reject: (error: Error) => void;
  readonly #timer: NodeJS.Timeout;
  #controller: Dispatcher.DispatchController | undefined;
  #complete = false;

  constructor(
    signal: AbortSignal | undefined,
    timeoutMs: number,
    resolve: (answer: HttpAnswer) => void,
    reject: (error: Error) => void,
  ) {
    super();
    this.#signal = signal;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#timer = setTimeout(() => this.destroy(timeoutError()), timeoutMs);
    signal?.addEventListener('abort', this.#abort);
    // a body that breaks before anyone reads it tells its reader, who comes later, not the process
    this.on('error', () => {});
  }

  #abort = () => {
    if (this.#signal) this.destroy(abortedError(this.#signal));
  };

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.destroyed) controller.abort(new Error('given up while it waited for a connection'));
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    if (status < 200) return;
    // the body of an error belongs to its answer, so the time runs on
    if (status < 300) clearTimeout(this.#timer);
    const header = (name: string) => {
      const value = headers[name];
      return Array.isArray(value) ? value[0] : value;
    };
    this.#resolve({ status, header, body: this });
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (!this.push(chunk)) controller.pause();
  }

  onResponseEnd(): void {
    this.#complete = true;
    this.push(null);
  }

  onResponseError(_controller: Dispatcher.DispatchController | undefined, error: Error): void {
    this.destroy(networkError(error));
  }

  override _read(): void {
    this.#controller?.resume();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    clearTimeout(this.#timer);
    this.#signal?.removeEventListener('abort', this.#abort);
    if (!this.#complete) this.#controller?.abort(error ?? new Error('left early'));
    // settles the promise when there was no answer yet; after one it does nothing
    if (error) this.#reject(error);
    done(error);
  }
}
