import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { houseSecrets } from '@heronry/compose/house-secrets'
import { freePorts } from '@heronry/testing/free-ports'
import { testPlc } from '@heronry/testing/plc'
import { testRedis } from '@heronry/testing/redis'
import { type TestRelay, testRelay } from '@heronry/testing/relay'
import { Child } from './child.ts'

const main = join(import.meta.dirname, '../../services/standalone/src/main.ts')

/** A house whose Postgres is exchanged under it; PLC directory, Redis and relay remember, as the world does. */
export interface RollbackHouse extends AsyncDisposable {
  readonly url: string
  readonly plcUrl: string
  readonly relay: TestRelay
  start(databaseUrl: string): Promise<void>
  stop(): Promise<void>
  output(): string
}

export async function rollbackHouse({ redis }: { redis: boolean }): Promise<RollbackHouse> {
  await using making = new AsyncDisposableStack()
  const plc = making.use(await testPlc())
  const relay = making.use(await testRelay())
  const cache = redis ? making.use(await testRedis()) : undefined
  const folder = await mkdtemp(join(tmpdir(), 'heronry-house-'))
  making.defer(() => rm(folder, { recursive: true, force: true }))
  const [port = 0, internalPort = 0] = await freePorts(2)
  const url = `http://localhost:${port}`
  const env = {
    ...houseSecrets(),
    PDS_PORT: String(port),
    PDS_HOSTNAME: 'localhost',
    PDS_SERVICE_HANDLE_DOMAINS: '.test',
    PDS_INVITE_REQUIRED: 'false',
    PDS_DEV_MODE: 'true',
    PDS_CRAWLERS: relay.url,
    PDS_DID_PLC_URL: plc.url,
    PDS_BLOBSTORE_DISK_LOCATION: join(folder, 'blobs'),
    HERONRY_INTERNAL_PORT: String(internalPort),
    LOG_ENABLED: 'true',
    LOG_LEVEL: 'warn',
    ...(cache && { HERONRY_REDIS_URL: cache.url }),
  }
  let child: Child | undefined
  making.defer(() => child?.stop())
  const made = making.move()
  return {
    url,
    plcUrl: plc.url,
    relay,
    async start(databaseUrl) {
      child = new Child({
        name: 'house',
        command: [process.execPath, main],
        readyUrl: `${url}/xrpc/_health`,
        env: { ...env, HERONRY_DATABASE_URL: databaseUrl },
      })
      await child.start()
    },
    stop: async () => child?.stop(),
    output: () => child?.output ?? '',
    [Symbol.asyncDispose]: () => made.disposeAsync(),
  }
}
