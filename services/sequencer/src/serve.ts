import { createCommunityDirectory } from '@heronry/communities/directory'
import type { SequencerConfig } from '@heronry/config/house-config'
import { createWorker } from '@heronry/jobs/worker'
import { httpService } from '@heronry/xrpc/process/http-service'
import { openApp } from '@heronry/xrpc/process/open-app'
import type { OpenedService, ProcessParts } from '@heronry/xrpc/process/run-process'
import { openSequencer } from './open.ts'

/** The sequencer in a process of its own, in the role that it is given. A leader alone has no public port. */
export async function serveSequencer(parts: ProcessParts<SequencerConfig>): Promise<OpenedService> {
  const { config, ...house } = parts
  const { subscriptions, loops: own, handlers } = openSequencer(parts)
  const redisUrl = config.redis?.url
  const worker = handlers.length === 0 ? [] : [createWorker({ ...house, redisUrl, handlers })]
  const loops = [...own, ...worker]
  const nothing = { async [Symbol.asyncDispose]() {} }
  if (config.sequencerRole === 'leader') return { ...nothing, services: loops }
  const communities = createCommunityDirectory(house)
  const app = await openApp({ ...house, config, communities, methods: [], subscriptions })
  return { ...nothing, services: [await httpService(app, { port: config.http.port }), communities, ...loops] }
}
