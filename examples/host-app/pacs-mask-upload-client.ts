// In your page this file does not exist: everything here comes from 'pacs-mask-upload/client'.
export * from '../../src/client/index.js';
