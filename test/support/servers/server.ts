export { freePort } from '../../../examples/host-app/embedded-postgres.js';

export interface Server {
  /** How tests reach it: the `TEST_…` variables. */
  env: Record<string, string>;
  /** For the line that says what the tests run on. */
  description: string;
  stop(): Promise<void>;
}
