import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openApi } from '@heronry/api/open'
import { repoWriteRateLimits } from '@heronry/api/rate-limits'
import { openReplays } from '@heronry/auth/replays'
import { applyDefinitions } from '@heronry/communities/apply-definitions'
import { createCommunityDirectory } from '@heronry/communities/directory'
import { readConfig } from '@heronry/config/read-config'
import { Dependencies } from '@heronry/core/dependencies'
import { openDatabase } from '@heronry/db/database'
import { openEntryway } from '@heronry/entryway/open'
import { ensureEventPartitions } from '@heronry/events/partitions'
import { createLogger } from '@heronry/telemetry/logger'
import { Metrics } from '@heronry/telemetry/metrics'
import { freePorts } from '@heronry/testing/free-ports'
import { testPlc } from '@heronry/testing/plc'
import { testDatabase } from '@heronry/testing/postgres'
import { openApp } from '@heronry/xrpc/process/open-app'
import { tokenKeys } from './token-keys.ts'

export type OAuthHouse = Awaited<ReturnType<typeof oauthHouse>>

/** What a house has that others may share: a database, a PLC directory, its environment. */
export type HouseGround = Awaited<ReturnType<typeof houseGround>>

export async function houseGround(env: Record<string, string> = {}) {
  await using opening = new AsyncDisposableStack()
  const [database, plc] = await Promise.all([testDatabase(), testPlc()])
  opening.use(database)
  opening.use(plc)
  const folder = await mkdtemp(join(tmpdir(), 'heronry-oauth-'))
  opening.defer(() => rm(folder, { recursive: true, force: true }))
  const [port = 0] = await freePorts(1)
  await writeFile(join(folder, 'communities.yaml'), communitiesOn(port))
  await ensureEventPartitions(database.db)
  const environment: Record<string, string> = {
    HERONRY_COMMUNITIES_FILE: join(folder, 'communities.yaml'),
    HERONRY_DATABASE_URL: database.url,
    HERONRY_KEK: randomBytes(32).toString('hex'),
    HERONRY_TOKEN_KEYS: tokenKeys('first'),
    PDS_DPOP_SECRET: randomBytes(32).toString('hex'),
    PDS_BLOBSTORE_DISK_LOCATION: join(folder, 'blobs'),
    PDS_DEV_MODE: 'true',
    PDS_DID_PLC_URL: plc.url,
    PDS_PLC_ROTATION_KEY_K256_PRIVATE_KEY_HEX: '0d'.repeat(32),
    PDS_PORT: `${port}`,
    ...env,
  }
  const opened = opening.move()
  return {
    db: database.db,
    database,
    plcUrl: plc.url,
    port,
    environment,
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  }
}

/**
 * All methods and routes of entryway and api on one port, for two communities: the herons on localhost, the storks on 127.0.0.1. No job runs.
 * Another `port`: a second process of the same house, which answers for the same hosts. `databaseUrl`: by another way to the same database.
 */
export async function oauthHouse(
  ground: HouseGround,
  { port = ground.port, databaseUrl }: { port?: number; databaseUrl?: string } = {},
) {
  await using opening = new AsyncDisposableStack()
  const { environment } = ground
  const db =
    databaseUrl === undefined
      ? ground.db
      : openDatabase({ url: databaseUrl, poolMax: 12, applicationName: 'heronry-test', onIdleError() {} })
  if (db !== ground.db) opening.defer(() => db.destroy())
  const { config } = readConfig(environment, { service: 'standalone' })
  const logger = createLogger({
    service: 'test',
    level: 'warn',
    enabled: process.env['OAUTH_TEST_LOG'] !== undefined,
  })
  const metrics = new Metrics({ service: 'test', version: config.version })
  const dependencies = new Dependencies()
  const parts = { config, db, logger, metrics, dependencies }
  await applyDefinitions(db, config.communities)
  const communities = createCommunityDirectory({ db, logger })
  const replays = opening.use(openReplays({ db, redisUrl: config.redis?.url, logger }))
  const entryway = await openEntryway({ ...parts, communities, replays })
  const api = await openApi({ ...parts, replays })
  const app = await openApp({
    ...{ config, communities, logger, metrics, dependencies },
    methods: [...entryway.methods, ...api.methods],
    routes: entryway.routes,
    sharedRateLimits: repoWriteRateLimits,
  })
  opening.defer(() => app.close())
  await app.listen({ port, host: '127.0.0.1' })
  const ended = new AbortController()
  const refreshing = communities.run(ended.signal)
  opening.defer(async () => {
    ended.abort()
    await refreshing
  })
  const opened = opening.move()
  return {
    ...{ app, db, communities, config },
    plcUrl: ground.plcUrl,
    /** Of each community. */
    herons: `http://localhost:${port}`,
    storks: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  }
}

const communitiesOn = (port: number) => `
communities:
  - slug: herons
    hostname: localhost
    publicUrl: http://localhost:${port}
    handleDomains: [.herons.test]
    settings:
      name: The Herons
      inviteRequired: false
      branding: { colors: { primary: '#112233' } }
      links: { home: 'https://herons.test/' }
  - slug: storks
    hostname: 127.0.0.1
    publicUrl: http://127.0.0.1:${port}
    serviceDid: did:web:storks.test
    handleDomains: [.storks.test]
    settings: { name: The Storks, inviteRequired: true }
`
