import { setTimeout as delay } from 'node:timers/promises';
import { Agent } from 'undici';
import type { StorageError } from '../storage.js';
import { abortedError, answerError, isTransient, s3ErrorCode } from './errors.js';
import { exchange, type HttpAnswer, type HttpCall } from './exchange.js';

export interface Transport {
  /** One attempt. Rejects with a StorageError when there is no answer; any status is an answer. */
  send(call: HttpCall): Promise<HttpAnswer>;
  /** Several, for what may be repeated: after a network error and a transient status. Ends with `call.signal`. */
  sendAgain(call: HttpCall): Promise<HttpAnswer>;
  /** Breaks off what is running, whose callers get a StorageError. */
  close(): Promise<void>;
}

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2000;
const ERROR_BODY_BYTES = 8192;

/**
 * Plain HTTP requests over a bounded number of kept connections. Verifying is one request per object, and the SDK's
 * client costs ten times the CPU of this. Idle connections do not keep the process alive.
 */
export function createTransport(limits: { timeoutMs: number; maxAttempts: number; maxConnections: number }): Transport {
  const { timeoutMs, maxAttempts, maxConnections } = limits;
  const agent = new Agent({
    connections: maxConnections,
    connect: { timeout: timeoutMs },
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
  });

  async function sendAgain(call: HttpCall): Promise<HttpAnswer> {
    for (let attempt = 1; ; attempt++) {
      const last = attempt >= maxAttempts;
      try {
        const answer = await exchange(agent, call, timeoutMs);
        if (last || !isTransient(answer.status)) return answer;
        answer.body.destroy();
      } catch (error) {
        if (last || call.signal?.aborted) throw error;
      }
      await pause(attempt, call.signal);
    }
  }

  return {
    send: (call) => exchange(agent, call, timeoutMs),
    sendAgain,
    close: () => agent.destroy(),
  };
}

/** Exponential, with full jitter: clients that failed together do not come back together. */
async function pause(attempt: number, signal: AbortSignal | undefined): Promise<void> {
  const longest = Math.min(FIRST_PAUSE_MS * 2 ** attempt, LONGEST_PAUSE_MS);
  try {
    await delay(Math.random() * longest, undefined, signal ? { signal } : {});
  } catch (error) {
    throw signal?.aborted ? abortedError(signal) : error;
  }
}

/** The StorageError that an answer amounts to. Uses up its body. */
export async function errorOf(answer: HttpAnswer): Promise<StorageError> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of answer.body as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes >= ERROR_BODY_BYTES) break;
    }
  } catch {
    // the status says enough
  }
  const region = /^[a-z0-9-]{1,64}$/.exec(answer.header('x-amz-bucket-region') ?? '')?.[0];
  return answerError(answer.status, s3ErrorCode(Buffer.concat(chunks).toString()), region);
}
