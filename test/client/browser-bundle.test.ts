import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { build } from 'esbuild';

/** As a page's bundler does it: for the browser, with nothing but what the package brings. */
async function bundle(splitting: boolean) {
  const { outputFiles, metafile } = await build({
    stdin: {
      contents: "export { uploadMasks, downloadMasks, createMaskClient } from './src/client/index.ts';",
      resolveDir: '.',
    },
    bundle: true,
    minify: true,
    platform: 'browser',
    format: 'esm',
    target: 'es2022',
    splitting,
    metafile: true,
    write: false,
    outdir: 'nowhere',
  });
  return { outputFiles, inputs: Object.keys(metafile.inputs) };
}

describe('the client in a browser', function () {
  this.timeout(30_000);

  it('bundles without a built-in of Node and without the server', async () => {
    const { inputs, outputFiles } = await bundle(false);
    expect(inputs.filter((input) => !/^(<stdin>|src\/client\/|.*@noble\/hashes\/)/.test(input))).to.deep.equal([]);
    for (const { text } of outputFiles) expect(text).not.to.match(/(?:from|import|require)\s*\(?\s*["']node:/);
  });

  it('is small, and brings the hash for pages on plain http only where it is needed', async () => {
    const whole = await bundle(false);
    const size = gzipSync(whole.outputFiles[0]?.contents ?? '').length;
    expect(size).to.be.within(5000, 16_000);
    const { outputFiles } = await bundle(true);
    expect(outputFiles.length).to.be.above(1);
    const entry = outputFiles.find(({ path }) => /stdin\.js$/.test(path));
    expect(gzipSync(entry?.contents ?? '').length).to.be.within(5000, size);
  });
});
