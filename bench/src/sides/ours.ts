import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { overSocket, startPostgres } from '@heronry/launcher/postgres-cluster.mjs'
import type { Processes } from '@heronry/launcher/processes.mjs'
import { hasRedis, startRedis } from '@heronry/launcher/redis-server.mjs'
import { openSecrets } from '@heronry/launcher/secrets.mjs'
import { startLeaderApart } from './leader-apart.ts'
import { openOurEvents } from './our-events.ts'
import { serverPort } from './server-port.ts'
import { startServer } from './server-process.ts'
import type { ProcessKind, Side, SideOptions } from './side.ts'

export interface OurOptions extends SideOptions {
  readonly nodeArgs: readonly string[]
  readonly postgresSettings: Record<string, string>
}

const name = 'Our house'

/**
 * Our house in its production form: `services/standalone` on a Postgres of its own that syncs every commit to disk, with the
 * machine's redis-server beside it where there is one, as `npm start` has it.
 */
export async function startOurs(
  processes: Processes,
  options: OurOptions,
): Promise<Side & { databaseUrl: string }> {
  const { folder } = options
  const secrets = openSecrets(folder)
  const data = join(folder, 'postgres')
  const tcpUrl = await startPostgres(processes, {
    folder: data,
    log: join(folder, 'postgres.log'),
    password: secrets.databasePassword,
    durable: true,
    settings: options.postgresSettings,
  })
  const databaseUrl = overSocket(tcpUrl, data)
  const withRedis = hasRedis()
  const redis = { folder, password: secrets.redisPassword, output: 'ignore' as const }
  const redisUrl = withRedis ? await startRedis(processes, redis) : undefined
  const port = await serverPort()
  const url = `http://localhost:${port}`
  mkdirSync(join(folder, 'blobs'))
  const internalPort = await serverPort()
  const env = environment({ ...options, port, internalPort, databaseUrl, redisUrl, secrets })
  const server = await startServer(processes, {
    name,
    args: [...options.nodeArgs, 'services/standalone/src/main.ts'],
    env,
    healthUrl: `${url}/xrpc/_health`,
    log: join(folder, 'house.log'),
  })
  return {
    name: 'ours',
    url,
    databaseUrl,
    processes: () => {
      const started: [ProcessKind, number][] = [
        ['node', server.pid()],
        ['postgres', processes.pidOf('Postgres')],
      ]
      if (withRedis) started.push(['redis', processes.pidOf('redis-server')])
      return new Map(started)
    },
    restart: () => server.restart(),
    openEvents: (templates) => openOurEvents(databaseUrl, templates),
    own: {
      subscriberCount: () => readGauge(internalPort, 'pds_firehose_subscribers'),
      leaderApart: () => startLeaderApart(processes, { house: server, databaseUrl, env, folder }),
    },
  }
}

interface Parts extends SideOptions {
  readonly port: number
  readonly internalPort: number
  readonly databaseUrl: string
  readonly redisUrl: string | undefined
  readonly secrets: ReturnType<typeof openSecrets>
}

function environment(parts: Parts): NodeJS.ProcessEnv {
  const { folder, plcUrl, appView, port, internalPort, databaseUrl, redisUrl, secrets } = parts
  return {
    HERONRY_DATABASE_URL: databaseUrl,
    HERONRY_DEV_MAIL_DIR: join(folder, 'mail'),
    HERONRY_INTERNAL_PORT: String(internalPort),
    HERONRY_KEK: secrets.kek,
    HERONRY_TOKEN_KEYS: secrets.tokenKeys,
    LOG_ENABLED: 'true',
    LOG_LEVEL: 'warn',
    // All subscribers of the bench come from one address.
    HERONRY_FIREHOSE_SUBSCRIBERS_PER_IP: '10000',
    PDS_ADMIN_PASSWORD: secrets.adminPassword,
    PDS_BLOBSTORE_DISK_LOCATION: join(folder, 'blobs'),
    PDS_BSKY_APP_VIEW_DID: appView.did,
    PDS_BSKY_APP_VIEW_URL: appView.url,
    PDS_DEV_MODE: 'true',
    PDS_DID_PLC_URL: plcUrl,
    PDS_DPOP_SECRET: secrets.dpopSecret,
    PDS_HOSTNAME: 'localhost',
    PDS_INVITE_REQUIRED: 'false',
    PDS_JWT_SECRET: secrets.jwtSecret,
    PDS_PLC_ROTATION_KEY_K256_PRIVATE_KEY_HEX: secrets.plcRotationKey,
    PDS_PORT: String(port),
    PDS_SERVICE_HANDLE_DOMAINS: '.test',
    ...(redisUrl === undefined ? {} : { HERONRY_REDIS_URL: redisUrl }),
  }
}

async function readGauge(internalPort: number, gauge: string): Promise<number> {
  const answer = await fetch(`http://127.0.0.1:${internalPort}/metrics`)
  const [, value] = new RegExp(`^${gauge} (\\S+)$`, 'm').exec(await answer.text()) ?? []
  return Number(value)
}
