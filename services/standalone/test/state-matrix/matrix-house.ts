import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openApi } from '@heronry/api/open'
import { createDpopNonces } from '@heronry/auth/dpop-nonces'
import { openReplays } from '@heronry/auth/replays'
import { applyDefinitions } from '@heronry/communities/apply-definitions'
import { createCommunityDirectory } from '@heronry/communities/directory'
import { readConfig } from '@heronry/config/read-config'
import { systemClock } from '@heronry/core/clock'
import { Dependencies } from '@heronry/core/dependencies'
import { openEntryway } from '@heronry/entryway/open'
import { ensureEventPartitions } from '@heronry/events/partitions'
import { createLogger } from '@heronry/telemetry/logger'
import { Metrics } from '@heronry/telemetry/metrics'
import { testPlc } from '@heronry/testing/plc'
import { testDatabase } from '@heronry/testing/postgres'
import { testApp } from '@heronry/testing/test-app'
import { createVault } from '@heronry/vault/vault'
import { openApp } from '@heronry/xrpc/process/open-app'

export type MatrixHouse = Awaited<ReturnType<typeof matrixHouse>>

/** The methods of entryway and api behind one door, as the standalone house has them, with everything they need; no job runs. */
export async function matrixHouse() {
  await using opening = new AsyncDisposableStack()
  const [database, plc] = await Promise.all([testDatabase(), testPlc()])
  opening.use(database)
  opening.use(plc)
  const { db } = database
  const folder = await mkdtemp(join(tmpdir(), 'heronry-matrix-'))
  opening.defer(() => rm(folder, { recursive: true, force: true }))
  const upstreamUrl = await startUpstream(opening)
  const tokenKey = newTokenKey()
  const where = { databaseUrl: database.url, plcUrl: plc.url, upstreamUrl, folder, tokenKey }
  const environment = environmentOf(where)
  const { config } = readConfig(environment, { service: 'standalone' })
  const logger = createLogger({ service: 'test', level: 'error', enabled: false })
  const metrics = new Metrics({ service: 'test', version: config.version })
  const dependencies = new Dependencies()
  const parts = { config, db, logger, metrics, dependencies }
  await ensureEventPartitions(db)
  await applyDefinitions(db, config.communities)
  const communities = createCommunityDirectory({ db, logger })
  const replays = opening.use(openReplays({ db, redisUrl: undefined, logger }))
  const entryway = await openEntryway({ ...parts, communities, replays })
  const api = await openApi({ ...parts, replays })
  opening.use(api)
  const methods = [...entryway.methods, ...api.methods]
  const app = await openApp({
    ...{ config, communities, methods, logger, metrics, dependencies },
    routes: entryway.routes,
    limits: { rawBytesMax: config.blobs.uploadBytesMax },
  })
  opening.defer(() => app.close())
  const [community] = await communities.all()
  if (community === undefined) throw new Error('No community')
  const opened = opening.move()
  return {
    app,
    db,
    clock: systemClock,
    vault: createVault({ db, keyEncryptionKeys: config.keyEncryptionKeys }),
    community,
    /** Apps that the members let in, and what they prove. */
    apps: testApp({ db, tokenKey }),
    nonces: createDpopNonces(config.dpopSecret),
    adminAuthorization: `Basic ${Buffer.from(`admin:${adminPassword}`).toString('base64')}`,
    /** The NSID of everything that is registered. */
    methods: methods.map(({ schema }) => schema.nsid as string),
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  }
}

/** AppView, and where reports go: it knows no record, and takes everything else. */
async function startUpstream(opening: AsyncDisposableStack): Promise<string> {
  const server = createServer((request, response) => {
    const [status, body] = request.url?.includes('getRecord')
      ? [400, '{"error":"RecordNotFound"}']
      : [200, '{}']
    response.writeHead(status, { 'content-type': 'application/json' }).end(body)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  opening.defer(() => void server.close().closeAllConnections())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

export const upstreamDid = 'did:web:upstream.example.com'

const adminPassword = 'admin secret'

function newTokenKey(): object {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return { ...privateKey.export({ format: 'jwk' }), kid: 'test' }
}

function environmentOf(where: {
  databaseUrl: string
  plcUrl: string
  upstreamUrl: string
  folder: string
  tokenKey: object
}) {
  return {
    HERONRY_DATABASE_URL: where.databaseUrl,
    HERONRY_KEK: randomBytes(32).toString('hex'),
    HERONRY_TOKEN_KEYS: JSON.stringify({ keys: [where.tokenKey] }),
    PDS_ADMIN_PASSWORD: adminPassword,
    PDS_DPOP_SECRET: randomBytes(32).toString('hex'),
    PDS_BLOBSTORE_DISK_LOCATION: join(where.folder, 'blobs'),
    PDS_BSKY_APP_VIEW_DID: upstreamDid,
    PDS_BSKY_APP_VIEW_URL: where.upstreamUrl,
    PDS_REPORT_SERVICE_DID: upstreamDid,
    PDS_REPORT_SERVICE_URL: where.upstreamUrl,
    PDS_DEV_MODE: 'true',
    PDS_DID_PLC_URL: where.plcUrl,
    PDS_HOSTNAME: 'localhost',
    PDS_INVITE_REQUIRED: 'false',
    PDS_PLC_ROTATION_KEY_K256_PRIVATE_KEY_HEX: '0d'.repeat(32),
    PDS_SERVICE_HANDLE_DOMAINS: '.test',
  }
}
