// In your host this file does not exist: everything here comes from 'pacs-mask-upload'.
// The example runs inside the package's own repository, on its sources, so that no build is needed first.
export * from '../../src/index.js';
