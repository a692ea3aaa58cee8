import type { Dependencies } from '@heronry/core/dependencies'
import { assertNoTransaction } from '@heronry/db/in-transaction'
import type { Logger } from '@heronry/telemetry/logger'
import { Redis } from 'ioredis'
import {
  replayConnectTimeoutMs,
  replayDisconnectMsMax,
  replayReconnectDelayMsMax,
  replayRedisTimeoutMs,
} from './limits.ts'

export interface RedisReplays extends AsyncDisposable {
  /** Throws where Redis does not answer at once. */
  unique(digest: Buffer, ttlMs: number): Promise<boolean>
}

/** Invariant: no command waits for a connection, and none longer than `replayRedisTimeoutMs`. */
export function openRedisReplays({
  url,
  logger,
  dependencies,
}: {
  url: string
  logger: Logger
  dependencies: Dependencies | undefined
}): RedisReplays {
  const redis = new Redis(url, {
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    commandTimeout: replayRedisTimeoutMs,
    connectTimeout: replayConnectTimeoutMs,
    disconnectTimeout: replayDisconnectMsMax,
    retryStrategy: (tries) => Math.min(tries * 100, replayReconnectDelayMsMax),
  })
  dependencies?.watch('redis', () => redis.status === 'ready')
  // What failed is told by whoever asked.
  redis.on('error', (error) => logger.debug({ err: error }, 'replays have no connection to Redis'))
  return {
    async unique(digest, ttlMs) {
      assertNoTransaction('Redis')
      return (await redis.set(`replay:${digest.toString('base64')}`, '1', 'PX', ttlMs, 'NX')) === 'OK'
    },
    async [Symbol.asyncDispose]() {
      redis.disconnect()
    },
  }
}
