import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, get, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { ObjectKey } from '../../src/domain/types.js';
import { getObject } from '../../src/storage/filesystem/get-object.js';
import { createRootFolder } from '../../src/storage/filesystem/root-folder.js';

describe('a download from a folder', () => {
  it('ends with a client that takes nothing any more, and holds its file no longer', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'masks-'));
    await writeFile(join(folder, 'large.png'), Buffer.alloc(32 * 2 ** 20));
    const grant = {
      method: 'GET',
      key: 'large.png' as ObjectKey,
      contentType: 'image/png',
      contentEncoding: undefined,
      fileName: 'mask-1.png',
      expiresAt: Date.now() + 600_000,
    } as const;
    let served: Promise<unknown> = Promise.resolve();
    const server = createServer((req, res) => {
      served = getObject(createRootFolder(folder), grant, req, res, Date.now(), 200).catch((error: unknown) => error);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');

    const { port } = server.address() as AddressInfo;
    const [response] = (await once(get({ port, agent: false }), 'response')) as [IncomingMessage];
    response.on('error', () => undefined);
    response.pause();
    expect(await served).to.have.property('code', 'ERR_STREAM_PREMATURE_CLOSE');

    response.destroy();
    server.close();
    await rm(folder, { recursive: true });
  });
});
