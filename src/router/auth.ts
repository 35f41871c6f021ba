import type { IncomingMessage } from 'node:http';
import type { Principal } from '../domain/types.js';

/** The host's request: with whatever its middleware has put there. */
export interface HostRequest extends IncomingMessage {
  // biome-ignore lint/suspicious/noExplicitAny: the host knows what its own middleware adds
  [property: string]: any;
}

/** What a request is about to do, and to what. */
export interface AccessRequest {
  /** `delete` for deleting a group or a mask and, besides `write`, for completing with `replace`. */
  action: 'read' | 'write' | 'delete';
  /** The operationId of the OpenAPI document. */
  operation: string;
  /** Read from the host's own row: a number for an integer key, else a string. */
  annotationId: string | number;
  groupId?: number;
  maskId?: number;
  req: HostRequest;
}

/** The host's answers to "who is it?" and "may they?". What these functions throw goes to the host's `next`. */
export interface Auth<P extends Principal = Principal> {
  /** Who makes the request; null (or undefined) is answered with 401. */
  authenticate(req: HostRequest): P | null | undefined | Promise<P | null | undefined>;
  /** Only `true` permits; anything else is answered with 403. */
  authorize(principal: P, access: AccessRequest): boolean | Promise<boolean>;
}

/** @throws TypeError: there is no way to run without authentication by accident. */
export function checkAuth(auth: { authenticate?: unknown; authorize?: unknown } | undefined): void {
  if (typeof auth?.authenticate !== 'function' || typeof auth.authorize !== 'function') {
    throw new TypeError(
      'Pass `auth`: { authenticate(req) → { userId } or null, authorize(principal, { action, annotationId }) → true or false }.',
    );
  }
}

/** An error of the host's own callback, on its way to the host's `next`. */
export class HostError {
  readonly error: unknown;

  constructor(thrown: unknown) {
    // Express takes these for "no error, go on to the next handler"
    const meansGoOn = !thrown || thrown === 'route' || thrown === 'router';
    this.error = meansGoOn
      ? new Error('A callback of `auth` threw something that is no error', { cause: thrown })
      : thrown;
  }
}

/** Runs a callback of the host's. @throws HostError */
export async function askHost<T>(callback: () => T | Promise<T>): Promise<T> {
  try {
    return await callback();
  } catch (error) {
    throw new HostError(error);
  }
}
