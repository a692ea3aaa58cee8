import type { Server as HttpServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { AuthRequiredError, createServer, MemoryRateLimiter } from '@atproto/xrpc-server'
import { fail, globalLimit, lexicons, ownLimit, refuse, sharedLimit, twoLimits } from './limit-cases.ts'
import type { ReferenceServer } from './reference-server.ts'

export type { ReferenceServer } from './reference-server.ts'

/** The methods of the limit cases on `@atproto/xrpc-server`. */
export async function startLimitedReference(): Promise<ReferenceServer> {
  const server = createServer([], {
    catchall: (_req, _res, next) => next(new AuthRequiredError(undefined, 'AuthMissing')),
    rateLimits: {
      creator: (options) => new MemoryRateLimiter(options),
      global: [named(globalLimit)],
      shared: [named(sharedLimit)],
      bypass: ({ req }) => req.headers['x-ratelimit-bypass'] === 'key',
    },
  })
  const handler = () => ({ encoding: 'application/json' as const, body: {} })
  const own = route(ownLimit)
  server.add(lexicons.free, { handler })
  server.add(lexicons.own, { rateLimit: own, handler })
  server.add(lexicons.two, { rateLimit: twoLimits.map(route), handler })
  server.add(lexicons.share, { rateLimit: { name: 'both' }, handler })
  server.add(lexicons.shareToo, { rateLimit: { name: 'both', calcPoints: () => 2 }, handler })
  server.add(lexicons.keyed, {
    rateLimit: { ...own, calcKey: ({ params }) => params.key ?? null },
    handler,
  })
  server.add(lexicons.weighed, {
    rateLimit: { ...own, calcPoints: ({ params }) => params.points ?? 1 },
    handler,
  })
  server.add(lexicons.fails, { rateLimit: own, handler: fail })
  server.add(lexicons.refused, { auth: refuse, rateLimit: own, handler })
  server.add(lexicons.checked, { rateLimit: own, handler })
  const http = await new Promise<HttpServer>((resolve) => {
    const listening = server.router.listen(0, '127.0.0.1', () => resolve(listening))
  })
  return {
    port: (http.address() as AddressInfo).port,
    [Symbol.asyncDispose]: () => new Promise((resolve) => http.close(() => resolve())),
  }
}

interface Window {
  readonly limit: number
  readonly windowMs: number
}

function route({ limit, windowMs }: Window) {
  return { points: limit, durationMs: windowMs }
}

function named({ name, ...window }: Window & { readonly name: string }) {
  return { name, ...route(window) }
}
