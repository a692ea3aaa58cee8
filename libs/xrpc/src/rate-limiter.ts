import {
  CombinedRateLimiter,
  MemoryRateLimiter,
  RateLimitExceededError,
  type RateLimiterI,
  type RateLimiterStatus,
  WrappedRateLimiter,
} from '@atproto/xrpc-server'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { RateLimitRule, ServerRateLimits } from './rate-limit.ts'

/** What a request is counted by; `call` is missing where no method of ours is called. */
interface Counted {
  readonly req: FastifyRequest
  readonly call?: unknown
}

/** Counts a request, sets the RateLimit-* headers of its tightest limit, and throws 429 past it. */
export type RateLimiter = (reply: FastifyReply, counted: Counted) => Promise<void>

export interface RateLimiters {
  /** Of a request that calls no method of ours. */
  readonly global: RateLimiter | undefined
  /** Of a method's calls: its own limits, its shares and the global ones. */
  forMethod(nsid: string, rules: readonly RateLimitRule<never>[]): RateLimiter | undefined
}

/** The server's limits, counted in this process's memory. */
export function createRateLimiters(limits: ServerRateLimits | undefined): RateLimiters {
  if (limits === undefined) return { global: undefined, forMethod: () => undefined }
  const global = limits.global.map((limit) => memoryLimiter(`rl-${limit.name}`, limit))
  const shared = new Map(limits.shared.map((limit) => [limit.name, memoryLimiter(`rl-${limit.name}`, limit)]))
  const { bypass } = limits
  return {
    global: combined(global, bypass),
    forMethod: (nsid, rules) => {
      const own = rules.map((rule, index) =>
        ruleLimiter(rule as RateLimitRule<unknown>, `${nsid}-${index}`, shared),
      )
      return combined([...own, ...global], bypass)
    },
  }
}

type Limiter = RateLimiterI<Counted>

function memoryLimiter(keyPrefix: string, { limit, windowMs }: { limit: number; windowMs: number }): Limiter {
  const byAddress = { calcKey: ({ req }: Counted) => req.ip, calcPoints: () => 1 }
  return new MemoryRateLimiter<Counted>({ keyPrefix, durationMs: windowMs, points: limit, ...byAddress })
}

function ruleLimiter(rule: RateLimitRule<unknown>, name: string, shared: Map<string, Limiter>): Limiter {
  const { key, points } = rule
  const count = {
    calcKey: ({ req, call }: Counted) => (key === undefined ? req.ip : key(call)),
    calcPoints: ({ call }: Counted) => (points === undefined ? 1 : points(call)),
  }
  const limiter = 'shared' in rule ? shared.get(rule.shared) : memoryLimiter(name, rule)
  if (limiter === undefined) throw new Error(`No shared rate limit of the name in ${name}`)
  return WrappedRateLimiter.from(limiter, count)
}

function combined(limiters: Limiter[], bypass: ServerRateLimits['bypass']): RateLimiter | undefined {
  const limiter = CombinedRateLimiter.from(limiters)
  if (limiter === undefined) return undefined
  return async (reply, counted) => {
    if (bypass?.(counted.req)) return
    try {
      const status = await limiter.consume(counted)
      if (status !== null) setHeaders(reply, status)
    } catch (error) {
      if (error instanceof RateLimitExceededError && 'status' in error) {
        setHeaders(reply, error.status)
        reply.header('retry-after', Math.ceil(error.status.msBeforeNext / 1000))
      }
      throw error
    }
  }
}

function setHeaders(
  reply: FastifyReply,
  { limit, duration, remainingPoints, msBeforeNext }: RateLimiterStatus,
) {
  reply
    .header('ratelimit-limit', limit)
    .header('ratelimit-remaining', remainingPoints)
    .header('ratelimit-reset', Math.floor((Date.now() + msBeforeNext) / 1000))
    .header('ratelimit-policy', `${limit};w=${duration}`)
}
