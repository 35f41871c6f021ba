import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Memory in use after collecting garbage: what is really held on to, whatever the collector has not got round to. */
export function memoryHeld(): NodeJS.MemoryUsage {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  // what the first run finalises, the second one frees
  collect();
  collect();
  return process.memoryUsage();
}
