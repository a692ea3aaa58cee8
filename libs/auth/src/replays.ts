import { hash } from 'node:crypto'
import type { ReplayStore } from '@atproto/oauth-provider/store'
import type { Dependencies } from '@heronry/core/dependencies'
import type { CommunityId } from '@heronry/core/ids'
import type { Database } from '@heronry/db/database'
import type { Logger } from '@heronry/telemetry/logger'
import { LRUCache } from 'lru-cache'
import { rememberedProofsMax, replayOutageLogEveryMs } from './limits.ts'
import { openRedisReplays, type RedisReplays } from './redis-replays.ts'
import { useReplay } from './replay-store.ts'

export interface ReplayOptions {
  readonly db: Database
  /** Undefined: the house does without. */
  readonly redisUrl: string | undefined
  readonly logger: Logger
  readonly dependencies?: Dependencies | undefined
}

/** What counts once: proofs of possession, client assertions, signed requests, code challenges. */
export interface Replays extends AsyncDisposable {
  /** As the provider and the verifier ask, for one community. */
  of(communityId: CommunityId): ReplayStore
}

/** Proofs are shown with every request, the rest with a sign-in or a refresh. */
const proofs = 'DPoP'

/**
 * Remembers what was shown, for every process of the house, in Redis. Where there is no Redis, or it does not answer, nothing fails: proofs
 * are remembered by each process alone, the rest in Postgres.
 *
 * Invariant: of any number of the same shown at once, one is unique, within one kind of memory. What was remembered in Redis before it went
 * away may be shown once more.
 */
export function openReplays({ db, redisUrl, logger, dependencies }: ReplayOptions): Replays {
  const redis = redisUrl === undefined ? undefined : openRedisReplays({ url: redisUrl, logger, dependencies })
  const inRedis = redis && untilLost(redis, logger)
  const own = new LRUCache<string, true>({ max: rememberedProofsMax, ttl: 1 })
  return {
    of: (communityId) => ({
      async unique(namespace, nonce, timeFrame) {
        const digest = hash('sha256', `${communityId} ${namespace} ${nonce}`, 'buffer')
        const ttlMs = Math.ceil(timeFrame)
        if (ttlMs <= 0) return true
        const answer = await inRedis?.(digest, ttlMs)
        if (answer !== undefined) return answer
        if (namespace === proofs) return remember(own, digest.toString('base64'), ttlMs)
        return await useReplay(db, { digest, expiresAt: new Date(Date.now() + ttlMs) })
      },
    }),
    async [Symbol.asyncDispose]() {
      await redis?.[Symbol.asyncDispose]()
    },
  }
}

function remember(own: LRUCache<string, true>, key: string, ttl: number): boolean {
  if (own.has(key)) return false
  own.set(key, true, { ttl })
  return true
}

/** Undefined where Redis does not say; one line for many of them. */
function untilLost(redis: RedisReplays, logger: Logger) {
  let saidAt = Number.NEGATIVE_INFINITY
  return async (digest: Buffer, ttlMs: number): Promise<boolean | undefined> => {
    try {
      return await redis.unique(digest, ttlMs)
    } catch (error) {
      if (performance.now() - saidAt >= replayOutageLogEveryMs) {
        logger.warn({ err: error }, 'replays are remembered without Redis')
        saidAt = performance.now()
      }
      return undefined
    }
  }
}
