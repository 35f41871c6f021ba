import { readFileSync } from 'node:fs';

const CHECK_MS = 500;
/** main.ts ← tsx ← sh ← npm */
const MOST_ANCESTORS = 3;

/**
 * Aborts when the demo is to end: at Ctrl-C and its like, and when the `npm run demo` that started it is gone. Further
 * signals change nothing: a terminal's Ctrl-C reaches npm and the demo, and may be passed on besides.
 */
export function endingSignal(): AbortSignal {
  const ending = new AbortController();
  const end = () => ending.abort();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, end);
  if (process.env.npm_lifecycle_event === 'demo') {
    const ancestors = ancestorsToNpm();
    setInterval(() => ancestors.every(isStillThere) || end(), CHECK_MS).unref();
  }
  return ending.signal;
}

interface Ancestor {
  pid: number;
  child: number;
}

/** Our parent, its parent, and so on to npm. Where the system does not tell (only Linux does so simply): our parent. */
function ancestorsToNpm(): Ancestor[] {
  const ancestors: Ancestor[] = [];
  for (let child = process.pid; ancestors.length < MOST_ANCESTORS; ) {
    const pid = statusOf(child)?.parent ?? 0;
    ancestors.push({ pid, child });
    if (statusOf(pid)?.name.startsWith('npm')) return ancestors;
    child = pid;
  }
  return [{ pid: process.ppid, child: process.pid }];
}

/** Whoever loses its parent gets another one. */
function isStillThere({ pid, child }: Ancestor): boolean {
  return (child === process.pid ? process.ppid : statusOf(child)?.parent) === pid;
}

function statusOf(pid: number): { name: string; parent: number } | undefined {
  try {
    // proc(5): "pid (name) state ppid …"
    const [, name, parent] = /^\d+ \((.*)\) \S+ (\d+)/s.exec(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? [];
    return name === undefined ? undefined : { name, parent: Number(parent) };
  } catch {
    return undefined;
  }
}
