import {
  CombinedRateLimiter,
  RateLimitExceededError,
  type RateLimiterI,
  type RateLimiterStatus,
  WrappedRateLimiter,
} from '@atproto/xrpc-server'
import { memoryCounters } from '@heronry/limits/memory-counters'
import { boundedKey, type RateCounters } from '@heronry/limits/rate-counters'
import type { Metrics } from '@heronry/telemetry/metrics'
import type { FastifyRequest } from 'fastify'
import { clientKey } from './client-key.ts'
import type { Limit, RateLimitRule, ServerRateLimits } from './rate-limit.ts'

/** What a request is counted by; `call` is missing where no method of ours is called. */
interface Counted {
  readonly req: FastifyRequest
  readonly call?: unknown
}

/** Counts a request, sets the RateLimit-* headers of its tightest limit, and throws 429 past it. */
export type RateLimiter = (answer: AnswerHeaders, counted: Counted) => Promise<void>

/** Where they are set: a reply, or an answer that is no longer Fastify's. */
export interface AnswerHeaders {
  header(name: string, value: string | number): AnswerHeaders
}

export interface RateLimiters {
  /** Of a request that calls no method of ours. */
  readonly global: RateLimiter | undefined
  /** Of a method's calls: its own limits, its shares and, unless it is exempt, the global ones. */
  forMethod(nsid: string, limited: LimitedMethod): RateLimiter | undefined
}

export interface LimitedMethod {
  readonly rules: readonly RateLimitRule<never>[]
  readonly isExemptFromGlobal?: boolean
  /** What becomes of a call that its own limits cannot count; it fails unless said. */
  readonly uncounted?: 'open' | 'closed'
}

/**
 * The server's limits. What cannot be counted passes the global and the shared limits, and fails at a limit of the method's own,
 * unless it says otherwise: those stand before passwords and mails. The names are those of the reference, so that its counts in Redis go on counting.
 */
export function createRateLimiters(limits: ServerRateLimits | undefined, metrics?: Metrics): RateLimiters {
  if (limits === undefined) return { global: undefined, forMethod: () => undefined }
  const { counters = memoryCounters(), bypass } = limits
  const open = (scope: Scope) => (limit: Limit) =>
    counted(counterOf(counters, { ...limit, name: `rl-${limit.name}`, uncounted: 'open' }), {
      ...{ name: limit.name, scope, metrics },
    })
  const global = limits.global.map(open('global'))
  const shared = new Map(limits.shared.map((limit) => [limit.name, open('shared')(limit)]))
  return {
    global: combined(global, bypass),
    forMethod: (nsid, { rules, isExemptFromGlobal = false, uncounted = 'closed' }) => {
      const own = rules.map((rule, index) => {
        const name = `${nsid}-${index}`
        if ('shared' in rule) return wrapped(rule, shared.get(rule.shared) ?? noShare(name))
        const counter = counterOf(counters, { ...rule, name, uncounted })
        return wrapped(rule, counted(counter, { name, scope: 'route', metrics }))
      })
      return combined(isExemptFromGlobal ? own : [...own, ...global], bypass)
    },
  }
}

type Limiter = RateLimiterI<Counted>
type Scope = 'global' | 'shared' | 'route'

/** By address and one point a call, unless a rule says else. */
function counterOf(
  counters: RateCounters,
  { name, limit, windowMs, uncounted }: Limit & { uncounted: 'open' | 'closed' },
): Limiter {
  const byAddress = { key: ({ req }: Counted) => clientKey(req), points: () => 1 }
  return counters.limiter<Counted>({ name, limit, windowMs, uncounted, ...byAddress })
}

/** Refusals are counted by the limit that refused, whatever other limits the call has. */
function counted(
  limiter: Limiter,
  { name, scope, metrics }: { name: string; scope: Scope; metrics: Metrics | undefined },
): Limiter {
  if (metrics === undefined) return limiter
  return {
    reset: (...args) => limiter.reset(...args),
    async consume(...args) {
      try {
        return await limiter.consume(...args)
      } catch (error) {
        if (isExceeded(error)) metrics.count('pds_rate_limit_rejections_total', { limiter: name, scope })
        throw error
      }
    },
  }
}

function wrapped({ key, points }: RateLimitRule<never>, limiter: Limiter): Limiter {
  const keyOf = key as ((call: unknown) => string | null) | undefined
  const pointsOf = points as ((call: unknown) => number) | undefined
  return WrappedRateLimiter.from<Counted>(limiter, {
    calcKey: ({ req, call }) => {
      const own = keyOf === undefined ? clientKey(req) : keyOf(call)
      return own === null ? null : boundedKey(own)
    },
    calcPoints: ({ call }) => pointsOf?.(call) ?? 1,
  })
}

function noShare(name: string): never {
  throw new Error(`No shared rate limit of the name in ${name}`)
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
      if (isExceeded(error)) {
        setHeaders(reply, error.status)
        reply.header('retry-after', Math.ceil(error.status.msBeforeNext / 1000))
      }
      throw error
    }
  }
}

/** By its field: the class's own `instanceof` holds for any XRPC error of that type. */
function isExceeded(error: unknown): error is RateLimitExceededError {
  return error instanceof RateLimitExceededError && 'status' in error
}

function setHeaders(
  reply: AnswerHeaders,
  { limit, duration, remainingPoints, msBeforeNext }: RateLimiterStatus,
) {
  reply
    .header('ratelimit-limit', limit)
    .header('ratelimit-remaining', remainingPoints)
    .header('ratelimit-reset', Math.floor((Date.now() + msBeforeNext) / 1000))
    .header('ratelimit-policy', `${limit};w=${duration}`)
}
