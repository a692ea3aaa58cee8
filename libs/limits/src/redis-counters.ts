import { RedisRateLimiter } from '@atproto/xrpc-server'
import type { Dependencies } from '@heronry/core/dependencies'
import type { Logger } from '@heronry/telemetry/logger'
import { Redis } from 'ioredis'
import { CountsTogether } from './counts-together.ts'
import {
  connectTimeoutMs,
  disconnectMsMax,
  reconnectDelayMsMax,
  redisTimeoutMs,
  uncountedLogEveryMs,
} from './limits.ts'
import type { CounterOptions, RateCounters } from './rate-counters.ts'

export interface RedisCountersOptions {
  readonly url: string
  readonly logger: Logger
  readonly dependencies?: Dependencies | undefined
}

/**
 * Counts in Redis, for every process of the house together. Resolves when there is a connection, or when it has taken
 * `connectTimeoutMs`: then the counters begin to count once there is one.
 *
 * Invariant: no command waits for a connection, and none longer than `redisTimeoutMs`. A count whose answer was lost may stand in
 * Redis; it is not sent again.
 */
export async function openRedisCounters({
  url,
  logger,
  dependencies,
}: RedisCountersOptions): Promise<RateCounters> {
  const redis = new Redis(url, {
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    commandTimeout: redisTimeoutMs,
    connectTimeout: connectTimeoutMs,
    disconnectTimeout: disconnectMsMax,
    retryStrategy: (tries) => Math.min(tries * 100, reconnectDelayMsMax),
  })
  dependencies?.watch('redis', () => redis.status === 'ready')
  reportOutages(redis, logger)
  await firstConnection(redis)
  const reportUncounted = uncountedReport(logger)
  const counts = new CountsTogether(redis)
  return {
    limiter: <Counted>({ name, limit, windowMs, key, points, uncounted }: CounterOptions<Counted>) => {
      const onError = async (error: unknown) => {
        reportUncounted(name, error)
        return null
      }
      return new RedisRateLimiter<Counted>(counts, {
        keyPrefix: name,
        durationMs: windowMs,
        points: limit,
        calcKey: key,
        calcPoints: points,
        ...(uncounted === 'open' && { onError }),
      })
    },
    async [Symbol.asyncDispose]() {
      redis.removeAllListeners('close')
      redis.disconnect()
    },
  }
}

function reportOutages(redis: Redis, logger: Logger): void {
  let isAway = false
  const onAway = (error?: Error) => {
    if (!isAway) logger.warn({ err: error }, 'rate limits have lost Redis')
    isAway = true
  }
  redis.on('error', onAway)
  redis.on('close', () => onAway())
  redis.on('ready', () => {
    if (isAway) logger.info({}, 'rate limits have Redis again')
    isAway = false
  })
}

function firstConnection(redis: Redis): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, connectTimeoutMs)
    const settle = () => {
      clearTimeout(timer)
      resolve()
    }
    for (const event of ['ready', 'error', 'close']) redis.once(event, settle)
  })
}

/** One line for many calls: an outage must not fill the log. */
function uncountedReport(logger: Logger): (name: string, error: unknown) => void {
  let saidAt = Number.NEGATIVE_INFINITY
  let calls = 0
  return (name, error) => {
    calls++
    if (performance.now() - saidAt < uncountedLogEveryMs) return
    logger.error({ err: error, limiter: name, calls }, 'calls pass without being counted')
    saidAt = performance.now()
    calls = 0
  }
}
