import { openApi } from '@heronry/api/open'
import { repoWriteRateLimits } from '@heronry/api/rate-limits'
import { openReplays } from '@heronry/auth/replays'
import { openBlobWorker } from '@heronry/blob-worker/open'
import { applyDefinitions } from '@heronry/communities/apply-definitions'
import { createCommunityDirectory } from '@heronry/communities/directory'
import type { HouseConfig } from '@heronry/config/house-config'
import { openEmail } from '@heronry/email/open'
import { openEntryway } from '@heronry/entryway/open'
import { createWorker } from '@heronry/jobs/worker'
import { openSequencer } from '@heronry/sequencer/open'
import { systemLogger } from '@heronry/telemetry/logger'
import { httpService } from '@heronry/xrpc/process/http-service'
import { openApp } from '@heronry/xrpc/process/open-app'
import type { OpenedService, ProcessParts } from '@heronry/xrpc/process/run-process'
import { startDevMail } from './dev-mail.ts'

/** All services in one process. */
export async function openHouse(parts: ProcessParts<HouseConfig>): Promise<OpenedService> {
  const { config, db, logger, metrics, dependencies } = parts
  await using opening = new AsyncDisposableStack()
  const { systems } = config.log
  const loggerOf = (system: string) => systemLogger(logger, { system, systems })
  const of = (service: string) => ({ ...parts, logger: loggerOf(service) })
  await applyDefinitions(db, config.communities)
  const communities = createCommunityDirectory({ db, logger })
  const devMail = config.devMailFolder && opening.use(await startDevMail({ folder: config.devMailFolder }))
  const captured = devMail && { smtpUrl: devMail.smtpUrl, fromAddress: devMailFrom }
  const mailers = captured ? { mail: captured, moderationMail: captured } : {}
  const email = opening.use(openEmail({ ...of('email'), config: { ...config, ...mailers } }))
  const replays = opening.use(openReplays({ ...of('auth'), redisUrl: config.redis?.url }))
  const entryway = await openEntryway({ ...of('entryway'), communities, replays })
  const api = opening.use(await openApi({ ...of('api'), replays }))
  const sequencer = openSequencer(of('sequencer'))
  const app = await openApp({
    ...{ config, communities, logger: loggerOf('http'), metrics, dependencies },
    methods: [...entryway.methods, ...api.methods],
    catchAll: api.catchAll,
    subscriptions: sequencer.subscriptions,
    routes: [...entryway.routes, ...(devMail ? [devMail.routes] : [])],
    sharedRateLimits: repoWriteRateLimits,
    limits: { rawBytesMax: config.blobs.uploadBytesMax },
  })
  const worker = createWorker({
    ...{ db, metrics, dependencies },
    redisUrl: config.redis?.url,
    logger: loggerOf('jobs'),
    handlers: [
      ...entryway.handlers,
      ...openBlobWorker(of('blob-worker')).handlers,
      ...email.handlers,
      ...sequencer.handlers,
    ],
  })
  const http = await httpService(app, { port: config.http.port })
  const opened = opening.move()
  return {
    services: [http, communities, ...sequencer.loops, worker],
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  }
}

const devMailFrom = 'heronry@localhost'
