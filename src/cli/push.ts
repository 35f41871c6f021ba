import { type ClientOptions, isMaskClientError, type MaskClientError, uploadMasks } from '../client/index.js';
import type { PushArguments } from './arguments.js';
import { findGroup } from './find-group.js';
import { countSlices, type FolderFile, readFolder } from './folder.js';
import { printable } from './printable.js';
import { createProgressReport, type Output, size } from './progress-report.js';

export const EXIT = { ok: 0, failed: 1, usage: 2, forbidden: 3, interrupted: 130 } as const;

const MOST_FAILURES_NAMED = 20;

export interface Surroundings {
  stdout: Output;
  stderr: Output;
  token: string | undefined;
  /** Aborted by Ctrl-C. */
  signal: AbortSignal;
}

/** Uploads a folder; resolves to the exit code. */
export async function push(args: PushArguments, { stdout, stderr, token, signal }: Surroundings): Promise<number> {
  const { files, ignored } = await readFolder(args.folder, args);
  if (ignored > 0) stderr.write(`${ignored} files of other kinds are left out\n`);
  if (args.dryRun) {
    for (const one of files) stdout.write(`${describe(one)}\n`);
    stdout.write(`${files.length} files, ${countSlices(files)} slices; nothing was uploaded\n`);
    return EXIT.ok;
  }

  const options: ClientOptions = {
    baseUrl: args.url,
    ...(token && { headers: { authorization: `Bearer ${token}` } }),
  };
  const report = createProgressReport(stderr);
  let groupId = args.groupId;
  try {
    if (args.resume) groupId = (await findGroup(options, args.annotation, args.group, signal))?.id;
    if (groupId !== undefined) stderr.write(`going on with group ${groupId}\n`);
    const { group, masks } = await uploadMasks({
      ...options,
      annotationId: args.annotation,
      ...(groupId === undefined ? { group: { slice_count: countSlices(files), ...args.group } } : { groupId }),
      files: files.map(({ file }) => file),
      compress: args.compress,
      replace: args.replace,
      ...(args.concurrency !== undefined && { concurrency: args.concurrency }),
      onProgress: (progress) => {
        groupId = progress.groupId ?? groupId;
        report.onProgress(progress);
      },
      signal,
    });
    report.end();
    stdout.write(`group ${group.id} is ${group.status}: ${masks.length} masks recorded\n`);
    return EXIT.ok;
  } catch (error) {
    report.end();
    if (!isMaskClientError(error)) throw error;
    explain(error, files, stderr);
    if (groupId !== undefined && error.code !== 'mask-group-not-found') {
      stderr.write(`to go on, run the same command with --group ${groupId}\n`);
    }
    return exitCodeOf(error);
  }
}

function describe({ name, file }: FolderFile): string {
  const slice = file.slice_index ?? file.sop_instance_uid;
  const what = slice === undefined ? 'volume' : `slice ${slice}`;
  return `${name}: ${what}${file.label_name ? `, ${printable(file.label_name)}` : ''}, ${size((file.data as Blob).size)}`;
}

function explain(error: MaskClientError, files: readonly FolderFile[], stderr: Output): void {
  stderr.write(`${error.code}: ${error.message}${systemCode(error)}\n`);
  const failures = error.failures ?? [];
  for (const { index, code, message } of failures.slice(0, MOST_FAILURES_NAMED)) {
    stderr.write(`  ${files[index]?.name}: ${code}: ${message}\n`);
  }
  const more = failures.length - MOST_FAILURES_NAMED;
  if (more > 0) stderr.write(`  and ${more} more\n`);
}

/** Why there was no answer, in the system's word for it: ECONNREFUSED, ENOTFOUND, CERT_HAS_EXPIRED. */
function systemCode({ cause }: MaskClientError): string {
  const { code } = ((cause as { cause?: unknown } | undefined)?.cause ?? {}) as { code?: unknown };
  return typeof code === 'string' ? ` (${code})` : '';
}

function exitCodeOf({ code, status }: MaskClientError): number {
  if (code === 'aborted') return EXIT.interrupted;
  if (code === 'unauthenticated' || code === 'forbidden') return EXIT.forbidden;
  if (code === 'invalid-request' || status === 400) return EXIT.usage;
  return EXIT.failed;
}
