import type { IncomingHttpHeaders } from 'node:http';
import type { Context, MaskScope, UploadScope } from '../../use-cases/context.js';
import type { AccessRequest } from '../auth.js';
import type { Answer } from '../respond.js';

/** A call on its way to its use case. `groupId`, `uploadId` and `maskId` are there where the path has them. */
export interface Call {
  context: Context;
  scope: UploadScope & MaskScope;
  body: unknown;
  query: URLSearchParams;
  method: string;
  headers: IncomingHttpHeaders;
  /** Path of this request as the client sent it, without the query. */
  url: string;
}

/** One operation of the OpenAPI document. */
export interface Route {
  operation: string;
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** Relative to the mount, in Express's syntax. */
  path: string;
  action: AccessRequest['action'];
  /** A further action that this very body needs. */
  alsoNeeds?(body: unknown): AccessRequest['action'] | undefined;
  run(call: Call): Promise<Answer>;
}

const ANNOTATION = '/annotations/:annotation_id';
export const GROUPS = `${ANNOTATION}/mask-groups`;
export const GROUP = `${GROUPS}/:group_id`;
/** The pending uploads of a group; a recorded one is a mask. */
export const UPLOADS = `${GROUP}/uploads`;
export const UPLOAD = `${UPLOADS}/:upload_id`;
/** The masks of a group are listed there; a single one is found through its annotation. */
export const MASKS = `${GROUP}/masks`;
export const MASK = `${ANNOTATION}/masks/:mask_id`;
