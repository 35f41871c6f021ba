/** What the demo is, and how to use it without the page. @param url where clients reach this server; not anything a client says */
export function aboutPage(url: string): string {
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>About · Demo annotation server</title>
    <link rel="icon" href="data:,">
    <link rel="stylesheet" href="/public/colours.css">
    <link rel="stylesheet" href="/public/style.css">
  </head>
  <body>
    <main>
      <h1>Demo annotation server</h1>
      <p>
        A small server that mounts <code>pacs-mask-upload</code> under <code>/api</code>. It has annotations 1, 2 and 3.
        A client asks it for signed URLs, sends mask files straight to the storage, and then has them verified and
        recorded.
      </p>
      <ul>
        <li><a href="/">The page</a>, to upload masks and to look at them</li>
        <li><a href="/docs">API documentation</a>, to read and to try</li>
        <li><a href="/openapi.json">OpenAPI document</a></li>
        <li><a href="/health">Health</a></li>
      </ul>

      <h2>Who you can be</h2>
      <table>
        <thead><tr><th scope="col">Bearer token</th><th scope="col">User</th><th scope="col">May</th></tr></thead>
        <tbody>
          <tr><td><code>demo-radiologist</code></td><td>1</td><td>read, write and delete on annotations 1 and 2</td></tr>
          <tr><td><code>demo-viewer</code></td><td>2</td><td>read annotation 1</td></tr>
          <tr><td><code>demo-outsider</code></td><td>3</td><td>nothing</td></tr>
        </tbody>
      </table>
      <p>Everyone can read these tokens, so the server listens on this machine only.</p>

      <h2>One mask, with curl</h2>
      <p>In bash, beside a PNG file <code>mask.png</code>:</p>
      <pre tabindex="0"><code>${escapeHtml(uploadScript(url))}</code></pre>
    </main>
  </body>
</html>
`;
}

/** Runs as it is in bash, with Node for the JSON. */
function uploadScript(url: string): string {
  return `
API=${url}/api/annotations/1
call() { curl -sS -H 'Authorization: Bearer demo-radiologist' -H 'Content-Type: application/json' "$@"; }
json() { node -p "r = JSON.parse(fs.readFileSync(0)); $1"; }

# a group of masks
GROUP=$API/mask-groups/$(call $API/mask-groups -d '{"group_name": "Liver"}' | json r.id)

# a signed URL for one file
SIZE=$(wc -c < mask.png)
call $GROUP/signed-url -d '{"mime_type": "image/png", "file_size": '$SIZE', "slice_index": 0}' > signed.json

# the bytes, to the storage, with the headers that were signed
json 'Object.entries(r.headers).map((header) => header.join(": ")).join("\\n")' < signed.json > headers.txt
curl -sS --fail -T mask.png -H @headers.txt "$(json r.upload_url < signed.json)"

# verified and recorded
call $GROUP/complete -d '{"uploaded_files": ["'$(json r.upload_id < signed.json)'"]}'
`.trim();
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
