import { isWorthRepeating, retryAfter } from './api-request.js';
import { pause } from './deadline.js';
import { MaskClientError } from './errors.js';
import { unreadable } from './prepare-file.js';
import { ATTEMPTS, waitMs } from './repeat.js';
import { type PutAnswer, type PutOptions, putOnce, type SignedPut } from './store-put.js';

/** A URL is renewed when it has less than this to live, or a fifth of its life. */
const SPARE_MS = 2000;
/** Fresh URLs for a store that refuses them, and for a link so slow that they expire on the way. */
const MAX_REFUSALS = 3;
const MAX_EXPIRIES = 20;
/** Of a 400: the store says so when a proxy cuts a body half-way, and also of bytes that are not those that were signed. */
const MAX_BAD_REQUESTS = 4;

/** With the instant after which it is of no use: by the clock that never jumps, whatever the time of day here. */
export interface FreshPut extends SignedPut {
  deadAt: number;
}

/** What all PUTs of one upload know of the store. */
export interface StoreHealth {
  lastSuccessAt: number;
  /** It has not taken anything for as long as one file was tried. */
  down: boolean;
}

export interface PersistentPut {
  body: Blob;
  /** The URL there is; undefined where one has to be asked for first. */
  signed: FreshPut | undefined;
  renew(): Promise<FreshPut>;
  health: StoreHealth;
}

export function deadAt(expiresInSeconds: number): number {
  const life = expiresInSeconds * 1000;
  return performance.now() + life - Math.min(SPARE_MS, life / 5);
}

/**
 * PUTs until the store has it, over dropped connections, outages and URLs that expire. An answer of 412 says that it
 * has: an earlier attempt arrived, only its answer did not.
 *
 * @throws MaskClientError `store-unreachable` (perhaps the store has it all the same), `store-refused`,
 *   `file-unreadable`, and what `renew` throws
 */
export async function putPersistently(put: PersistentPut, options: PutOptions): Promise<void> {
  const startedAt = performance.now();
  let { signed } = put;
  let refusals = 0;
  let expiries = 0;
  let badRequests = 0;
  for (let attempt = 0; ; ) {
    if (put.health.down) throw unreachable();
    if (!signed || performance.now() >= signed.deadAt) signed = await put.renew();
    const sentAt = performance.now();
    const answer = await putOnce(signed, put.body, options);
    const { status } = answer;
    if ((status >= 200 && status < 300) || status === 412) {
      put.health.lastSuccessAt = performance.now();
      return;
    }
    options.onBytes(0);
    if (status === 403) {
      const expired = performance.now() >= signed.deadAt;
      if (expired ? ++expiries >= MAX_EXPIRIES : ++refusals >= MAX_REFUSALS) throw refused(answer);
      signed = undefined;
      continue;
    }
    if (status === 400 && ++badRequests >= MAX_BAD_REQUESTS) throw refused(answer);
    if (status !== 0 && status !== 400 && status !== 409 && !isWorthRepeating(status)) throw refused(answer);
    if (status === 0 && !(await isReadable(put.body))) throw unreadable();
    if (++attempt >= ATTEMPTS) {
      if (put.health.lastSuccessAt < startedAt) put.health.down = true;
      throw unreachable(answer);
    }
    // while others get through, this one had bad luck; a store that is down or says that it is busy is left alone longer
    const luck = put.health.lastSuccessAt > sentAt && status !== 429 && status !== 503;
    await pause(waitMs(luck ? Math.min(attempt - 1, 1) : attempt - 1, retryAfter(answer.retryAfter)), options.signal);
  }
}

/** What a file that has changed on the disk does is the same as what a cut connection does. */
async function isReadable(body: Blob): Promise<boolean> {
  return body
    .slice(0, 1)
    .arrayBuffer()
    .then(
      () => true,
      () => false,
    );
}

function unreachable(answer?: PutAnswer): MaskClientError {
  const what = answer?.status
    ? `The store goes on answering ${answer.status}.`
    : 'The store does not answer. In a browser: do its CORS rules and the page’s CSP allow it?';
  return new MaskClientError('store-unreachable', what, { retryable: true, ...statusOf(answer) });
}

function refused(answer: PutAnswer): MaskClientError {
  const code = answer.storeCode ? ` ${answer.storeCode}` : '';
  return new MaskClientError('store-refused', `The store refuses the file: ${answer.status}${code}.`, statusOf(answer));
}

function statusOf(answer: PutAnswer | undefined): { status?: number } {
  return answer?.status ? { status: answer.status } : {};
}
