const STYLES = ['base', 'controls', 'frame', 'detail', 'upload', 'viewer', 'narrow'];

/** The frame of the page; page/main.ts fills it. */
export function mainPage(): string {
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>Demo annotation server</title>
    <link rel="icon" href="data:,">
    <link rel="stylesheet" href="/public/colours.css">
    ${STYLES.map((name) => `<link rel="stylesheet" href="/public/page/${name}.css">`).join('\n    ')}
    <script type="module" src="/main.js"></script>
  </head>
  <body>
    <header class="bar">
      <h1>Mask upload <span class="kind">demo</span></h1>
      <div id="users"></div>
      <nav aria-label="Documentation"><a href="/about">About</a> <a href="/docs">API</a></nav>
    </header>
    <div class="columns">
      <nav id="rail" class="rail" aria-label="Annotations and mask groups"></nav>
      <main id="detail" class="detail"><noscript>This page needs JavaScript. <a href="/about">curl does it, too.</a></noscript></main>
    </div>
    <div id="live" class="visually-hidden" role="status" aria-live="polite"></div>
  </body>
</html>
`;
}
