/** A built-in module of Node, where there is Node. Not an import, which a browser's bundler would stumble over. */
export function nodeBuiltin<T>(id: string): T | undefined {
  const { process } = globalThis as { process?: { getBuiltinModule?: (id: string) => unknown } };
  return process?.getBuiltinModule?.(id) as T | undefined;
}
