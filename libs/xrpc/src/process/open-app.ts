import type { Dependencies } from '@heronry/core/dependencies'
import { memoryCounters } from '@heronry/limits/memory-counters'
import type { RateCounters } from '@heronry/limits/rate-counters'
import { openRedisCounters } from '@heronry/limits/redis-counters'
import { type FastifyInstance, type FastifyPluginAsync, fastify } from 'fastify'
import { addressRanges } from '../address-ranges.ts'
import { httpServerOptions } from '../http-server-options.ts'
import { type XrpcServerOptions, xrpcServer } from '../plugin.ts'
import type { ServerRateLimits } from '../rate-limit.ts'
import type { RateLimiters } from '../rate-limiter.ts'
import { type BypassSettings, serverRateLimits } from '../server-rate-limits.ts'

/** What a process with a public port is told. */
export interface AppConfig {
  readonly devMode: boolean
  readonly http: { readonly trustedProxies: readonly string[] }
  readonly redis: { readonly url: string } | undefined
  /** Undefined: nothing is counted. */
  readonly rateLimits: BypassSettings | undefined
  /** Of a process that apps bring proofs of possession to. */
  readonly dpopSecret?: Uint8Array
}

export interface AppParts
  extends Omit<XrpcServerOptions, 'rateLimits' | 'devMode' | 'trustsTraceOf' | 'dpopNonces'> {
  readonly config: AppConfig
  readonly dependencies: Dependencies
  /** What several methods count against. */
  readonly sharedRateLimits?: ServerRateLimits['shared']
  /** What is no XRPC. */
  readonly routes?: readonly FastifyPluginAsync<RouteParts>[]
}

/** What a plugin of other routes is given. */
export interface RouteParts {
  readonly rateLimiters: RateLimiters
}

/**
 * The public HTTP server of a process: its XRPC methods first, then its other routes. Closing it closes what it counts with. A trace is
 * followed where whoever began it is a trusted proxy itself: most proxies pass on what a stranger sent them.
 */
export async function openApp(parts: AppParts): Promise<FastifyInstance> {
  const { config, logger, routes = [], sharedRateLimits: shared = [] } = parts
  const app = fastify(httpServerOptions({ logger, trustProxy: [...config.http.trustedProxies] }))
  const rateLimits =
    config.rateLimits &&
    serverRateLimits(config.rateLimits, { shared, counters: await openCounters(app, parts) })
  const isTrusted = addressRanges(config.http.trustedProxies)
  const { rateLimiters } = await xrpcServer(app, {
    ...{ ...parts, devMode: config.devMode, trustsTraceOf: ({ ip }) => isTrusted(ip) },
    ...(rateLimits && { rateLimits }),
    ...(config.dpopSecret && { dpopNonces: await openDpopNonces(config.dpopSecret) }),
  })
  for (const plugin of routes) await app.register(plugin, { rateLimiters })
  return app
}

/** Loaded where there are apps: it takes a second of a process that starts. */
async function openDpopNonces(secret: Uint8Array) {
  const { createDpopNonces } = await import('@heronry/auth/dpop-nonces')
  return createDpopNonces(secret)
}

async function openCounters(
  app: FastifyInstance,
  { config, logger, dependencies }: AppParts,
): Promise<RateCounters> {
  const counters =
    config.redis === undefined
      ? memoryCounters()
      : await openRedisCounters({ url: config.redis.url, logger, dependencies })
  app.addHook('onClose', async () => counters[Symbol.asyncDispose]())
  return counters
}
