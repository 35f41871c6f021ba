import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';

export const PROJECT = resolve(import.meta.dirname, '../..');

/** The guards that can be taken away: a file of the source, what stands there, and what stands there instead. */
const GUARDS = {
  trigger: [
    'src/migrations/0002-deletion-triggers.ts',
    'REFERENCING OLD TABLE AS gone FOR EACH STATEMENT',
    'REFERENCING OLD TABLE AS gone FOR EACH STATEMENT WHEN (false)',
  ],
  'row-count': [
    'src/use-cases/record-files.ts',
    "addProblem(problems, index, 'slice-exists', SLICE_EXISTS)",
    'void SLICE_EXISTS',
  ],
  link: [
    'src/storage/filesystem/write-once.ts',
    'await link(temporary, target)',
    "await (await import('node:fs/promises')).rename(temporary, target)",
  ],
} as const;

export type Guard = keyof typeof GUARDS;
export const GUARD_NAMES = Object.keys(GUARDS) as Guard[];

/** A copy of the source without one of its guards. @throws Error when the guard no longer stands where it stood */
export async function copyWithout(guard: Guard): Promise<{ folder: string; remove(): Promise<void> }> {
  const folder = await mkdtemp('/var/tmp/mask-upload-broken-');
  for (const part of ['src', 'test', 'openapi', 'examples', 'package.json', 'tsconfig.json']) {
    await cp(join(PROJECT, part), join(folder, part), { recursive: true });
  }
  await symlink(join(PROJECT, 'node_modules'), join(folder, 'node_modules'));
  const [file, stands, instead] = GUARDS[guard];
  const text = await readFile(join(folder, file), 'utf8');
  if (!text.includes(stands)) throw new Error(`${file} does not hold the guard "${guard}" that is to be taken away`);
  await writeFile(join(folder, file), text.replaceAll(stands, instead));
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
}
