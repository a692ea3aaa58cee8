import { openReplays } from '@heronry/auth/replays'
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
  const { config, ...house } = parts
  await applyDefinitions(house.db, config.communities)
  const communities = createCommunityDirectory(house)
  const replays = openReplays({ ...house, redisUrl: config.redis?.url })
  const { methods, routes, handlers } = await openEntryway({ ...parts, communities, replays })
  const app = await openApp({ ...house, config, communities, methods, routes })
  return {
    services: [
      await httpService(app, { port: config.http.port }),
      communities,
      createWorker({ ...house, redisUrl: config.redis?.url, handlers }),
    ],
    [Symbol.asyncDispose]: () => replays[Symbol.asyncDispose](),
  }
}
