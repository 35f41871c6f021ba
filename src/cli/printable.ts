/** Text from a file's name as it may be printed: a terminal obeys the control characters in it. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}]/gu, '\uFFFD');
}
