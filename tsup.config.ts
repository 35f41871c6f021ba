import { defineConfig } from 'tsup';

export default defineConfig({
  entry: { index: 'src/index.ts', 'storage-contract': 'src/storage/contract.ts' },
  format: ['esm', 'cjs'],
  target: 'node20',
  dts: true,
  // shared chunks: without them every entry would carry its own copy of each class
  splitting: true,
  sourcemap: false,
  treeshake: true,
});
