import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { houseSecrets } from '@heronry/compose/house-secrets'
import { freePorts } from '@heronry/testing/free-ports'
import { testPlc } from '@heronry/testing/plc'
import { testDatabase } from '@heronry/testing/postgres'
import { testRedis } from '@heronry/testing/redis'
import { Child } from './child.ts'
import type { House, HouseOptions } from './house.ts'

const main = join(import.meta.dirname, '../../services/standalone/src/main.ts')

/** The standalone service as a child process, blobs on disk. */
export async function startStandaloneHouse({
  redis = false,
  env = {},
}: HouseOptions & { redis?: boolean } = {}): Promise<House> {
  await using starting = new AsyncDisposableStack()
  const plc = starting.use(await testPlc())
  const database = starting.use(await testDatabase())
  const cache = redis ? starting.use(await testRedis()) : undefined
  const folder = await mkdtemp(join(tmpdir(), 'heronry-house-'))
  starting.defer(() => rm(folder, { recursive: true, force: true }))
  const [port = 0, internalPort = 0] = await freePorts(2)
  const secrets = houseSecrets()
  const url = `http://localhost:${port}`
  const child = new Child({
    name: 'house',
    command: [process.execPath, main],
    readyUrl: `${url}/xrpc/_health`,
    env: {
      PDS_PORT: String(port),
      PDS_HOSTNAME: 'localhost',
      PDS_SERVICE_HANDLE_DOMAINS: '.test',
      PDS_INVITE_REQUIRED: 'false',
      PDS_DEV_MODE: 'true',
      PDS_ADMIN_PASSWORD: secrets['PDS_ADMIN_PASSWORD'] ?? '',
      PDS_DID_PLC_URL: plc.url,
      PDS_PLC_ROTATION_KEY_K256_PRIVATE_KEY_HEX: secrets['PDS_PLC_ROTATION_KEY_K256_PRIVATE_KEY_HEX'] ?? '',
      PDS_BLOBSTORE_DISK_LOCATION: join(folder, 'blobs'),
      HERONRY_DATABASE_URL: database.url,
      HERONRY_INTERNAL_PORT: String(internalPort),
      HERONRY_KEK: secrets['HERONRY_KEK'] ?? '',
      HERONRY_TOKEN_KEYS: secrets['HERONRY_TOKEN_KEYS'] ?? '',
      PDS_DPOP_SECRET: secrets['PDS_DPOP_SECRET'] ?? '',
      LOG_ENABLED: 'true',
      LOG_LEVEL: 'warn',
      ...(cache && { HERONRY_REDIS_URL: cache.url }),
      ...env,
    },
  })
  starting.defer(() => child.stop())
  await child.start()
  const started = starting.move()
  return {
    url,
    plcUrl: plc.url,
    adminPassword: secrets['PDS_ADMIN_PASSWORD'] ?? '',
    database,
    kill: () => child.kill(),
    start: () => child.start(),
    output: () => child.output,
    flushRedis: async () => cache?.flush(),
    [Symbol.asyncDispose]: () => started.disposeAsync(),
  }
}
