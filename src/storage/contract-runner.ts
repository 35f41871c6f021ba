type Body = () => Promise<void>;

interface RegisterTest {
  (title: string, body: Body, timeoutMs?: number): unknown;
  skip(title: string, body: Body): unknown;
}

/** The four functions that mocha, jest, vitest and node:test have in common. */
export interface ContractRunner {
  describe(title: string, body: () => void): unknown;
  it: RegisterTest;
  before(body: Body): unknown;
  after(body: Body): unknown;
}

/** The runner whose functions are global: mocha's, or those of jest and vitest (`beforeAll`, `afterAll`). */
export function globalRunner(): ContractRunner {
  const known = globalThis as unknown as Record<string, unknown>;
  const { describe, it } = known;
  const before = known.before ?? known.beforeAll;
  const after = known.after ?? known.afterAll;
  for (const found of [describe, it, before, after]) {
    if (typeof found !== 'function') {
      throw new TypeError('storageContract: no global test runner found; pass { describe, it, before, after }');
    }
  }
  return { describe, it, before, after } as ContractRunner;
}

/** Registers a hook with more than the runner's usual time. */
export function patientHook(register: (body: Body) => unknown, timeoutMs: number, body: Body): void {
  const withTimeout = register as (body: Body, timeoutMs: number) => unknown;
  withTimeout(patient(timeoutMs, body), timeoutMs);
}

/** Registers a test with more than the runner's usual time. */
export function patientTest(register: RegisterTest, title: string, timeoutMs: number, body: Body): void {
  register(title, patient(timeoutMs, body), timeoutMs);
}

/** mocha takes the time from `this`; jest and vitest take it as an argument, which others ignore. */
function patient(timeoutMs: number, body: Body): Body {
  return function (this: unknown): Promise<void> {
    const context = this as { timeout?: unknown } | undefined;
    if (typeof context?.timeout === 'function') context.timeout(timeoutMs);
    return body();
  };
}
