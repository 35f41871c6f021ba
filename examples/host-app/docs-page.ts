/** Swagger UI on the host's OpenAPI document; public/docs.js starts it. */
export function docsPage(): string {
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>API · Demo annotation server</title>
    <link rel="icon" href="/docs/assets/favicon-32x32.png">
    <link rel="stylesheet" href="/docs/assets/swagger-ui.css">
  </head>
  <body>
    <div id="docs"></div>
    <noscript>This page needs JavaScript. <a href="/openapi.json">The document itself</a> does not.</noscript>
    <script src="/docs/assets/swagger-ui-bundle.js"></script>
    <script src="/public/docs.js"></script>
  </body>
</html>
`;
}
