interface SignedGet {
  download_url: string;
  headers: Record<string, string>;
}

/** GETs from the store as it was signed: no cookies, no referrer, none of the API's headers. */
export function fetchSigned(
  { download_url, headers }: SignedGet,
  { signal, storeFetch }: { signal: AbortSignal | undefined; storeFetch?: typeof fetch },
): Promise<Response> {
  return (storeFetch ?? fetch)(download_url, {
    headers,
    credentials: 'omit',
    referrerPolicy: 'no-referrer',
    ...(signal && { signal }),
  });
}
