const PLAIN_NAME = /^[A-Za-z_]{1,64}$/;

/**
 * Whether an unknown property or parameter name may be repeated in an error. Names are client input too, and an error
 * repeats none that could hold an identifier; a mistyped name of ours is letters and underscores.
 */
export function isPlainName(name: string): boolean {
  return PLAIN_NAME.test(name);
}
