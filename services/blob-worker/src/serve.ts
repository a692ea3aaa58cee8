import type { BlobWorkerConfig } from '@heronry/config/house-config'
import { createWorker } from '@heronry/jobs/worker'
import type { OpenedService, ProcessParts } from '@heronry/xrpc/process/run-process'
import { openBlobWorker } from './open.ts'

/** The blob-worker in a process of its own. */
export async function serveBlobWorker(parts: ProcessParts<BlobWorkerConfig>): Promise<OpenedService> {
  const { config, ...house } = parts
  const { handlers } = openBlobWorker(parts)
  return {
    services: [createWorker({ ...house, redisUrl: config.redis?.url, handlers })],
    async [Symbol.asyncDispose]() {},
  }
}
