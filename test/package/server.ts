import { spawn } from 'node:child_process';
import { once } from 'node:events';

export interface RunningServer {
  url: string;
  /** Of the express it runs on. */
  expressVersion: string;
  /** Asks it to end with SIGTERM; resolves to its exit code, or the signal that it took. */
  stop(): Promise<number | NodeJS.Signals>;
}

/** Starts a fixture's server and waits until it says where it listens. */
export async function startServer(file: string, env: Record<string, string>): Promise<RunningServer> {
  const server = spawn(process.execPath, [file], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = once(server, 'exit').then(([code, signal]) => (code ?? signal) as number | NodeJS.Signals);
  let output = '';
  const listening = new Promise<RegExpExecArray>((resolve) => {
    for (const stream of [server.stdout, server.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text;
        const line = /^listening on (\S+) with express (\S+)$/m.exec(output);
        if (line) resolve(line);
      });
    }
  });
  const early = ended.then((code) => {
    throw new Error(`${file} ended with ${code} before it listened:\n${output}`);
  });
  const [, url = '', expressVersion = ''] = await Promise.race([listening, early]);
  early.catch(() => undefined);
  return {
    url,
    expressVersion,
    async stop() {
      server.kill('SIGTERM');
      const tooLate = setTimeout(() => server.kill('SIGKILL'), 10_000);
      const result = await ended;
      clearTimeout(tooLate);
      return result;
    },
  };
}
