import { setMaxListeners } from 'node:events';
import type { ServerResponse } from 'node:http';
import { type ErrorCode, isMaskUploadError, MaskUploadError } from '../domain/errors.js';
import type { Principal } from '../domain/types.js';
import { recordAudit } from '../repositories/audit.js';
import { annotationIdToJson } from '../repositories/schema.js';
import type { Context } from '../use-cases/context.js';
import { maskNotFound } from '../use-cases/get-mask.js';
import { groupNotFound } from '../use-cases/get-mask-group.js';
import { openScope } from '../use-cases/open-scope.js';
import { type AccessRequest, type Auth, askHost, HostError, type HostRequest } from './auth.js';
import type { BodyReader } from './body.js';
import { send, sendProblem } from './respond.js';
import type { Route } from './routes/route.js';

export type Next = (error?: unknown) => void;

/**
 * Takes one request through authentication, authorisation and its use case to an answer; a HostError goes to `next`.
 * @returns the code of the error that it was answered with, if it was one
 */
export async function handle<P extends Principal>(
  deps: { context: Context; auth: Auth<P>; readBody: BodyReader },
  route: Route,
  req: HostRequest,
  res: ServerResponse,
  next: Next,
): Promise<ErrorCode | undefined> {
  const left = new AbortController();
  // one for each look at the store that is under way
  setMaxListeners(0, left.signal);
  res.once('close', () => left.abort(new Error('The client has left.')));
  try {
    await send(res, await answer(deps, route, req, res, left.signal));
    return undefined;
  } catch (error) {
    if (error instanceof HostError) {
      next(error);
      return undefined;
    }
    // nobody is there to be told, and nothing has failed
    if (left.signal.aborted && error === left.signal.reason) return undefined;
    const problem = isMaskUploadError(error)
      ? error
      : new MaskUploadError('internal-error', 'Something went wrong in the server. It has been told of it.', {
          cause: error,
        });
    const { onEvent } = deps.context.settings;
    if (problem.code === 'unauthenticated') {
      onEvent({ type: 'unauthenticated', operation: route.operation, remoteAddress: remoteAddressOf(req) });
    }
    if (problem.status >= 500) {
      onEvent({
        type: 'request-failed',
        operation: route.operation,
        code: problem.code,
        error: problem.cause ?? problem,
      });
    }
    // what is left of a body nobody reads ends with its connection
    const bodyIsLeft = problem.code === 'body-too-large' || problem.code === 'request-timeout';
    const close = bodyIsLeft ? { Connection: 'close' } : undefined;
    const authenticate = problem.code === 'unauthenticated' ? { 'WWW-Authenticate': 'Bearer' } : undefined;
    sendProblem(res, problem, { ...close, ...authenticate });
    return problem.code;
  }
}

async function answer<P extends Principal>(
  { context, auth, readBody }: { context: Context; auth: Auth<P>; readBody: BodyReader },
  route: Route,
  req: HostRequest,
  res: ServerResponse,
  signal: AbortSignal,
) {
  const principal = await askHost(() => auth.authenticate(req));
  if (principal === null || principal === undefined) {
    throw new MaskUploadError('unauthenticated', 'Authenticate first; this server says how.');
  }
  // the host's mount path may have parameters of the same names
  const param = (name: string) => (route.path.includes(`:${name}`) ? String(req.params[name]) : undefined);
  const groupParam = param('group_id');
  const maskParam = param('mask_id');
  const scope = await openScope(context, param('annotation_id') ?? '', principal, {
    remoteAddress: remoteAddressOf(req),
    signal,
  });
  const groupId = groupParam === undefined ? undefined : readId(groupParam, groupNotFound);
  const maskId = maskParam === undefined ? undefined : readId(maskParam, maskNotFound);

  const authorize = async (action: AccessRequest['action']) => {
    const access: AccessRequest = {
      action,
      operation: route.operation,
      annotationId: annotationIdToJson(scope.schema, scope.annotation),
      ...(groupId !== undefined && { groupId }),
      ...(maskId !== undefined && { maskId }),
      req,
    };
    const allowed: unknown = await askHost(() => auth.authorize(principal, access));
    if (allowed === true) return;
    const details = { action, operation: route.operation, ...(maskId !== undefined && { mask_id: maskId }) };
    await context.database.write((session) =>
      recordAudit(session, scope.schema, scope.caller, {
        action: 'forbidden',
        outcome: 'forbidden',
        annotation: scope.annotation,
        groupId,
        details,
      }),
    );
    throw new MaskUploadError('forbidden', `You may not ${action} here.`);
  };
  await authorize(route.action);

  const takesBody = route.method === 'POST' || route.method === 'PATCH';
  const body = takesBody ? await readBody(req, res) : undefined;
  const also = route.alsoNeeds?.(body);
  if (also) await authorize(also);

  signal.throwIfAborted();
  const url: string = req.originalUrl ?? req.url;
  // only the first ? begins the query: further ones are part of it
  const [path = '', ...query] = url.split('?');
  return route.run({
    context,
    // routes only use the ids that their path has
    scope: { ...scope, groupId: groupId ?? 0, uploadId: param('upload_id') ?? '', maskId: maskId ?? 0 },
    body,
    query: new URLSearchParams(query.join('?')),
    method: req.method ?? 'GET',
    headers: req.headers,
    url: path,
  });
}

/** As the host sees it: Express's `req.ip` follows its `trust proxy`. */
function remoteAddressOf(req: HostRequest): string | null {
  return typeof req.ip === 'string' ? req.ip : (req.socket.remoteAddress ?? null);
}

/** The package's own ids: canonical positive integers. What cannot be one names nothing. */
function readId(text: string, notFound: () => MaskUploadError): number {
  const id = /^[1-9]\d{0,15}$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(id)) throw notFound();
  return id;
}
