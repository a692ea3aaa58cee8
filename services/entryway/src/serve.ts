import { applyDefinitions } from '@heronry/communities/apply-definitions'
import { createCommunityDirectory } from '@heronry/communities/directory'
import type { EntrywayConfig } from '@heronry/config/house-config'
import { createWorker } from '@heronry/jobs/worker'
import { httpService } from '@heronry/xrpc/process/http-service'
import { openApp } from '@heronry/xrpc/process/open-app'
import type { OpenedService, ProcessParts } from '@heronry/xrpc/process/run-process'
import { openEntryway } from './open.ts'

/** The entryway in a process of its own. It is the one that is told of the communities, and stores them. */
export async function serveEntryway(parts: ProcessParts<EntrywayConfig>): Promise<OpenedService> {
  const { config, db, logger, metrics } = parts
  await applyDefinitions(db, config.communities)
  const communities = createCommunityDirectory({ db, logger })
  const { methods, routes, handlers } = await openEntryway({ ...parts, communities })
  const app = await openApp({ config, communities, logger, metrics, methods, routes })
  return {
    services: [
      await httpService(app, { port: config.http.port }),
      communities,
      createWorker({ db, redisUrl: config.redis?.url, logger, metrics, handlers }),
    ],
    async [Symbol.asyncDispose]() {},
  }
}
