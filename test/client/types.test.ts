import { readFile } from 'node:fs/promises';
import { expect } from 'chai';
import { CLIENT_TYPES, clientTypes } from '../../openapi/generate-client-types.js';

describe('the types of the client', () => {
  it('are those of the OpenAPI document: else run `npm run openapi`', async function () {
    this.timeout(30_000);
    expect(await readFile(CLIENT_TYPES, 'utf8')).to.equal(await clientTypes());
  });
});
