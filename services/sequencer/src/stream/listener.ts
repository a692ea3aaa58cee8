import type { Dependencies } from '@heronry/core/dependencies'
import type { Service } from '@heronry/core/service'
import { sleep } from '@heronry/core/sleep'
import type { Logger } from '@heronry/telemetry/logger'
import { Redis } from 'ioredis'
import { disconnectMsMax } from '../limits.ts'
import type { WakeUp } from '../wake-up.ts'

const blockMs = 5_000
const retryMs = 1_000

/**
 * Wakes an edge whenever the stream grows. Without Redis it wakes nobody, and the edge polls as it always does.
 *
 * It starts at the stream's end and keeps no place beyond that: an entry that is missed, flushed or doubled wakes too late
 * or in vain, and what the edge then does is read Postgres.
 */
export function streamListener(options: StreamListenerOptions): Service {
  return { name: 'sequencer-stream-listener', run: (signal) => listen(options, signal) }
}

export interface StreamListenerOptions {
  readonly redisUrl: string
  readonly key: string
  readonly logger: Logger
  readonly dependencies?: Dependencies | undefined
  readonly wakeUp: WakeUp
}

async function listen(
  { redisUrl, key, logger, wakeUp, dependencies }: StreamListenerOptions,
  signal: AbortSignal,
) {
  const redis = new Redis(redisUrl, {
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    connectTimeout: 2_000,
    commandTimeout: 2 * blockMs,
    // A blocked connection is cut, not waited for.
    disconnectTimeout: disconnectMsMax,
    lazyConnect: true,
  })
  redis.on('error', () => {})
  dependencies?.watch('redis', () => redis.status === 'ready')
  signal.addEventListener('abort', () => redis.disconnect())
  await redis.connect().catch(() => {})
  let failing = false
  while (!signal.aborted) {
    try {
      // '$': whatever was added between two calls is found by the edge's next look.
      const entries = await redis.xread('COUNT', 1, 'BLOCK', blockMs, 'STREAMS', key, '$')
      failing = false
      if (entries !== null) wakeUp.notify()
    } catch (error) {
      if (signal.aborted) break
      if (!failing) logger.warn({ err: error }, 'firehose stream lost, polling Postgres')
      failing = true
      await sleep(retryMs, signal)
    }
  }
  redis.disconnect()
}
