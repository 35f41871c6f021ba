import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createFilesystemStorage,
  createS3Storage,
  type MaskUploadRouterOptions,
  type Storage,
} from '../../src/index.js';
import { startHost, type TestHost } from './host.js';
import { freshBucket } from './s3.js';
import { type StoreProxy, storeProxy } from './store-proxy.js';

export interface ProxiedHost {
  host: TestHost;
  /** Between clients and the store; the host itself reaches its store without it. */
  proxy: StoreProxy;
  close(): Promise<void>;
}

interface Options {
  router?: Partial<MaskUploadRouterOptions>;
  /** Of the filesystem storage. */
  clock?: () => number;
  /** Puts something between the host and its storage. */
  wrap?: (storage: Storage) => Storage;
}

/** A host whose clients reach the object store through a proxy that may do them harm. */
export async function startProxiedHost(store: 's3' | 'filesystem', options: Options = {}): Promise<ProxiedHost> {
  const proxy = await storeProxy();
  const { storage, handlers, target, drop } = await (store === 's3' ? onS3(proxy) : onFiles(proxy, options));
  const host = await startHost({
    storage: options.wrap?.(storage) ?? storage,
    before: handlers,
    router: options.router ?? {},
  });
  proxy.target = target ?? host.url;
  return {
    host,
    proxy,
    async close() {
      await proxy.close();
      await host.close();
      await drop();
    },
  };
}

async function onS3(proxy: StoreProxy) {
  const bucket = await freshBucket();
  const storage = createS3Storage({
    bucket: bucket.name,
    endpoint: bucket.endpoint,
    publicEndpoint: proxy.url,
    region: bucket.region,
    credentials: bucket.credentials,
    forcePathStyle: true,
  });
  const drop = async () => {
    await storage.close();
    await bucket.drop();
  };
  return { storage, handlers: [], target: bucket.endpoint, drop };
}

async function onFiles(proxy: StoreProxy, { clock }: Options) {
  const root = await mkdtemp(join(tmpdir(), 'mask-upload-test-'));
  const storage = createFilesystemStorage({
    root,
    secret: 'a secret for tests, of more than thirty-two bytes',
    publicUrl: `${proxy.url}/mask-files`,
    ...(clock && { clock }),
  });
  const drop = () => rm(root, { recursive: true, force: true });
  return { storage, handlers: [storage.handler], target: undefined, drop };
}
