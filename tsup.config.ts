import { defineConfig, type Options } from 'tsup';

const shared: Options = { target: 'node20', sourcemap: false, treeshake: true };

export default defineConfig([
  {
    ...shared,
    entry: { index: 'src/index.ts', client: 'src/client/index.ts', 'storage-contract': 'src/storage/contract.ts' },
    format: ['esm', 'cjs'],
    dts: true,
    // shared chunks: without them every entry would carry its own copy of each class
    splitting: true,
  },
  // a program: nobody imports it
  { ...shared, entry: { cli: 'src/cli/main.ts' }, format: ['esm'] },
]);
