import type { IncomingMessage, ServerResponse } from 'node:http';
import type { PartGrant, UploadGrant } from './grant.js';
import { assertUploadThere, writePart } from './multipart.js';
import { Problem } from './problem.js';
import { answerStored, assertBody, bodyOf } from './put-body.js';
import type { RootFolder } from './root-folder.js';
import { assertFree, WriteRefused, writeOnce } from './write-once.js';

/** Stores the body of a signed PUT, if it is what was signed. */
export async function putObject(
  root: RootFolder,
  grant: UploadGrant,
  req: IncomingMessage,
  res: ServerResponse,
  maxIdleMs: number,
): Promise<void> {
  assertBody(req, grant);
  if (req.headers['if-none-match'] !== '*') throw new Problem(428, 'Send "If-None-Match: *"');
  await refusedAsProblem(async () => {
    await assertFree(root, grant.key);
    await writeOnce(root, grant.key, bodyOf(req, maxIdleMs), grant);
  });
  answerStored(res);
}

/** Stores the body of a signed PUT of a part. When the object is there already, no part can be of any use. */
export async function putPart(
  root: RootFolder,
  grant: PartGrant,
  req: IncomingMessage,
  res: ServerResponse,
  maxIdleMs: number,
): Promise<void> {
  assertBody(req, grant);
  await refusedAsProblem(async () => {
    await assertFree(root, grant.key);
    await assertUploadThere(root, grant.key, grant.id);
    await writePart(root, grant, bodyOf(req, maxIdleMs));
  });
  answerStored(res);
}

async function refusedAsProblem(write: () => Promise<void>): Promise<void> {
  try {
    await write();
  } catch (error) {
    throw error instanceof WriteRefused ? refusal(error) : error;
  }
}

function refusal({ reason }: WriteRefused): Problem {
  if (reason === 'exists') return new Problem(412, 'There is an object under this key already');
  if (reason === 'checksum') return new Problem(400, 'The SHA-256 of the body is not the one that was signed');
  return new Problem(400, 'The length of the body is not the one that was signed');
}
