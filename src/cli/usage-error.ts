/** What the caller of the program has to put right: exit code 2. */
export class UsageError extends Error {}
