// node scripts/complete-lock.mjs: run it after `npm install` has changed package-lock.json.
//
// npm leaves optional packages for other platforms out of the lock file when its registry does not offer them, and
// `npm ci` then refuses the lock file ("Missing: … from lock file"). This adds them, with what their names tell.
import { readFileSync, writeFileSync } from 'node:fs';

const file = new URL('../package-lock.json', import.meta.url);
const lock = JSON.parse(readFileSync(file, 'utf8'));
const SYSTEMS = [
  'openharmony',
  'android',
  'darwin',
  'freebsd',
  'openbsd',
  'netbsd',
  'sunos',
  'aix',
  'win32',
  'windows',
  'linux',
];
const PROCESSORS = ['arm64', 'loong64', 'mips64el', 'ppc64', 'riscv64', 's390x', 'wasm32', 'ia32', 'x64', 'arm'];

const added = [];
for (const [path, entry] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    const at = `node_modules/${name}`;
    if (lock.packages[at] || lock.packages[`${path}/${at}`]) continue;
    const words = name.split('/').pop().split('-');
    const os = SYSTEMS.find((system) => words.includes(system));
    const cpu = PROCESSORS.find((processor) => words.includes(processor));
    if (!os || !cpu) throw new Error(`${name} of ${path} is missing, and is no platform package`);
    lock.packages[at] = {
      version: version.replace(/^[\^~]/, ''),
      cpu: [cpu],
      ...(entry.dev && { dev: true }),
      ...(os === 'linux' && /musl|gnu/.test(name) && { libc: [name.includes('musl') ? 'musl' : 'glibc'] }),
      optional: true,
      os: [os === 'windows' ? 'win32' : os],
    };
    added.push(name);
  }
}
lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1)));
writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
console.log(`added ${added.length}`);
