/**
 * Checks an `http:` or `https:` URL that the storage is reached at, and takes the slash off its end. It has no user,
 * query or fragment; plain `http:` is for loopback, unless `allowHttp`. Messages never hold the value.
 *
 * @throws TypeError saying what is wrong with it
 */
export function parsePublicUrl(value: string, allowHttp = false): { url: string; path: string } {
  const parsed = URL.canParse(value) ? new URL(value) : undefined;
  if (!parsed || !/^https?:$/.test(parsed.protocol)) throw new TypeError('is not an http: or https: URL');
  if (parsed.username || parsed.password) throw new TypeError('must not hold a user name or password');
  if (parsed.search || parsed.hash) throw new TypeError('must not hold a query or fragment');
  if (parsed.protocol === 'http:' && !allowHttp && !isLoopback(parsed.hostname)) {
    throw new TypeError('is http: and not loopback, so signed URLs and images would travel in the clear: use https:');
  }
  const path = parsed.pathname.replace(/\/+$/, '');
  return { url: `${parsed.origin}${path}`, path };
}

function isLoopback(hostname: string): boolean {
  return /^(localhost|.+\.localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname);
}
