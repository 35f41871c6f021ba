#!/usr/bin/env node
import { readArguments } from './arguments.js';
import { HELP } from './help.js';
import { EXIT, push } from './push.js';
import { UsageError } from './usage-error.js';

// Node 20 warns that fs.openAsBlob is experimental; nobody who runs this program can do anything about it
process.removeAllListeners('warning');

const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interrupted.abort());

try {
  const args = readArguments(process.argv.slice(2));
  if (args === 'help') process.stdout.write(HELP);
  else {
    const { stdout, stderr, env } = process;
    const token = env.PACS_MASK_UPLOAD_TOKEN;
    process.exitCode = await push(args, { stdout, stderr, token, signal: interrupted.signal });
  }
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  process.stderr.write(`pacs-mask-upload: ${error.message}\nTry: pacs-mask-upload --help\n`);
  process.exitCode = EXIT.usage;
}
