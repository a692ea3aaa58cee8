import { accountHandlers } from '@heronry/accounts/account-jobs'
import { apiMethods } from '@heronry/api/app'
import { createApiContext } from '@heronry/api/context'
import { blobHandlers } from '@heronry/blobs/collect-blobs'
import type { HouseConfig } from '@heronry/config/house-config'
import type { Service } from '@heronry/core/service'
import type { Database } from '@heronry/db/database'
import { emailHandlers } from '@heronry/email/app'
import { createEmailContext, type EmailContext } from '@heronry/email/context'
import { entrywayMethods, entrywayRoutes } from '@heronry/entryway/app'
import { createEntrywayContext } from '@heronry/entryway/context'
import { createWorker } from '@heronry/jobs/worker'
import { sequencerLoops, sequencerSubscriptions } from '@heronry/sequencer/app'
import { createSequencerContext, type SequencerContext } from '@heronry/sequencer/context'
import type { Logger } from '@heronry/telemetry/logger'
import { httpServerOptions } from '@heronry/xrpc/http-server-options'
import { xrpcServer } from '@heronry/xrpc/plugin'
import { type FastifyInstance, fastify } from 'fastify'
import { type DevMail, startDevMail } from './dev-mail.ts'
import { httpService } from './http-service.ts'
import { openHouseDatabase, openParts, type Parts } from './parts.ts'
import { rateLimits } from './rate-limits.ts'
import { runServices } from './run-services.ts'

/** All services in one process. */
export interface House extends AsyncDisposable {
  /** Serves until `signal` aborts and everything has ended; rejects with the failure of a part. */
  run(signal: AbortSignal): Promise<void>
}

export async function openHouse(config: HouseConfig, logger: Logger): Promise<House> {
  await using opening = new AsyncDisposableStack()
  const db = openHouseDatabase(config, logger)
  opening.defer(() => db.destroy())
  const parts = await openParts(db, { config, logger })
  const devMail = config.devMailFolder && opening.use(await startDevMail({ folder: config.devMailFolder }))
  const mail = devMail ? { smtpUrl: devMail.smtpUrl, fromAddress: devMailFrom } : config.mail
  const email = opening.use(createEmailContext({ mail, logger: logger.child({ part: 'email' }) }))
  const sequencer = createSequencerContext({
    db,
    databaseUrl: config.database.url,
    redisUrl: config.redis?.url,
    logger: logger.child({ part: 'sequencer' }),
    role: 'both',
    replayWindowMs: config.firehose.backfillLimitMs,
  })
  const app = await openApp({ config, logger, db, parts, sequencer, devMail: devMail || undefined })
  const services: Service[] = [
    httpService(app, { port: config.http.port }),
    parts.communities,
    ...sequencerLoops(sequencer),
    openWorker({ config, logger, db, parts, email }),
  ]
  const opened = opening.move()
  return {
    run: (signal) => runServices(services, { signal, logger }),
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  }
}

const devMailFrom = 'heronry@localhost'

interface Opened {
  config: HouseConfig
  logger: Logger
  db: Database
  parts: Parts
}

async function openApp(
  opened: Opened & { sequencer: SequencerContext; devMail: DevMail | undefined },
): Promise<FastifyInstance> {
  const { config, logger, db, parts, sequencer, devMail } = opened
  const app = fastify(httpServerOptions({ logger, trustProxy: [...config.http.trustedProxies] }))
  const entryway = createEntrywayContext({
    ...{ db, communities: parts.communities, auth: parts.auth, resolver: parts.resolver },
    logger: logger.child({ part: 'entryway' }),
    signUp: { ...parts, recoveryDidKey: config.plc.recoveryDidKey },
    sessions: { tokens: parts.tokens, passwords: parts.passwords },
    settings: {
      version: config.version,
      blobUploadLimit: config.blobs.uploadBytesMax,
      didDocWithSession: config.didDocWithSession,
    },
  })
  const api = createApiContext({ ...parts, db, settings: { blobUploadLimit: config.blobs.uploadBytesMax } })
  await xrpcServer(app, {
    communities: parts.communities,
    methods: [...entrywayMethods(entryway), ...apiMethods(api)],
    subscriptions: sequencerSubscriptions(sequencer),
    logger,
    limits: { rawBytesMax: config.blobs.uploadBytesMax },
    ...(config.rateLimits && { rateLimits: rateLimits(config.rateLimits) }),
    devMode: config.devMode,
  })
  await app.register(entrywayRoutes(entryway))
  if (devMail) await app.register(devMail.routes)
  return app
}

function openWorker({ config, logger, db, parts, email }: Opened & { email: EmailContext }): Service {
  return createWorker({
    db,
    redisUrl: config.redis?.url,
    logger: logger.child({ part: 'jobs' }),
    handlers: [
      ...accountHandlers({ ...parts, db, logger }),
      ...blobHandlers({ db, objects: parts.objects }),
      ...emailHandlers(email),
    ],
  })
}
