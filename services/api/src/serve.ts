import { openReplays } from '@heronry/auth/replays'
import { createCommunityDirectory } from '@heronry/communities/directory'
import type { ApiConfig } from '@heronry/config/house-config'
import { httpService } from '@heronry/xrpc/process/http-service'
import { openApp } from '@heronry/xrpc/process/open-app'
import type { OpenedService, ProcessParts } from '@heronry/xrpc/process/run-process'
import { openApi } from './open.ts'
import { repoWriteRateLimits } from './rate-limits.ts'

/** The api in a process of its own. */
export async function serveApi(parts: ProcessParts<ApiConfig>): Promise<OpenedService> {
  const { config, ...house } = parts
  const communities = createCommunityDirectory(house)
  const replays = openReplays({ ...house, redisUrl: config.redis?.url })
  const api = await openApi({ ...parts, replays })
  const app = await openApp({
    ...house,
    ...{ config, communities, methods: api.methods, catchAll: api.catchAll },
    sharedRateLimits: repoWriteRateLimits,
    limits: { rawBytesMax: config.blobs.uploadBytesMax },
  })
  return {
    services: [await httpService(app, { port: config.http.port }), communities],
    async [Symbol.asyncDispose]() {
      await api[Symbol.asyncDispose]()
      await replays[Symbol.asyncDispose]()
    },
  }
}
