import { randomBytes } from 'node:crypto';
import type { Server } from './server.js';

const POSTGRES_IMAGE = 'postgres:17-alpine';
/** The last image that MinIO published. */
const MINIO_IMAGE = 'quay.io/minio/minio:RELEASE.2025-09-07T16-13-09Z';

/** PostgreSQL in Docker. Rejects at once where there is no Docker. */
export async function startPostgresContainer(): Promise<Server> {
  const { GenericContainer, Wait } = await import('testcontainers');
  const password = randomBytes(12).toString('hex');
  const container = await new GenericContainer(POSTGRES_IMAGE)
    .withEnvironment({ POSTGRES_PASSWORD: password })
    .withCommand(['-c', 'fsync=off', '-c', 'max_connections=200'])
    .withExposedPorts(5432)
    .withWaitStrategy(Wait.forLogMessage(/ready to accept connections/, 2))
    .start();
  const address = `${container.getHost()}:${container.getMappedPort(5432)}`;
  return {
    env: { TEST_DATABASE_URL: `postgres://postgres:${password}@${address}/postgres` },
    description: `${POSTGRES_IMAGE} in Docker at ${address}`,
    stop: async () => void (await container.stop()),
  };
}

/** MinIO in Docker, with a second user that no policy permits anything. Rejects at once where there is no Docker. */
export async function startMinioContainer(): Promise<Server> {
  const { GenericContainer, Wait } = await import('testcontainers');
  const [main, other] = [credentials(), credentials()];
  const container = await new GenericContainer(MINIO_IMAGE)
    .withEnvironment({ MINIO_ROOT_USER: main.id, MINIO_ROOT_PASSWORD: main.secret })
    .withCommand(['server', '/data'])
    .withExposedPorts(9000)
    .withWaitStrategy(Wait.forHttp('/minio/health/live', 9000))
    .start();
  for (const command of [
    ['mc', 'alias', 'set', 'local', 'http://127.0.0.1:9000', main.id, main.secret],
    ['mc', 'admin', 'user', 'add', 'local', other.id, other.secret],
  ]) {
    const { exitCode, output } = await container.exec(command);
    if (exitCode !== 0) {
      await container.stop();
      throw new Error(`${command.slice(0, 3).join(' ')} in the MinIO container: ${output}`);
    }
  }
  const address = `${container.getHost()}:${container.getMappedPort(9000)}`;
  return {
    env: {
      TEST_S3_ENDPOINT: `http://${address}`,
      TEST_S3_REGION: 'us-east-1',
      TEST_S3_ACCESS_KEY_ID: main.id,
      TEST_S3_SECRET_ACCESS_KEY: main.secret,
      TEST_S3_OTHER_ACCESS_KEY_ID: other.id,
      TEST_S3_OTHER_SECRET_ACCESS_KEY: other.secret,
    },
    description: `${MINIO_IMAGE} in Docker at ${address}`,
    stop: async () => void (await container.stop()),
  };
}

function credentials(): { id: string; secret: string } {
  return { id: randomBytes(8).toString('hex'), secret: randomBytes(16).toString('hex') };
}
