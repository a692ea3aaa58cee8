import { AsyncLocalStorage } from 'node:async_hooks'
import type { RateLimiter } from '@heronry/xrpc/rate-limiter'
import type { FastifyReply, FastifyRequest } from 'fastify'

/** What the stores and hooks of a provider must know of the request they are called in: the provider hands them neither its address nor itself. */
export interface OAuthRequest {
  readonly request: FastifyRequest
  readonly reply: FastifyReply
  /** What its client is counted by: an address, or a /64. */
  readonly network: string
  /** A store had no database: nothing is ended in this request any more, for what else it has found out may be wrong. */
  isCutOff: boolean
}

const current = new AsyncLocalStorage<OAuthRequest>()

export function inOAuthRequest<T>(request: OAuthRequest, body: () => T): T {
  return current.run(request, body)
}

/** Undefined where a store is called by a page of ours, or by a job. */
export function oauthRequest(): OAuthRequest | undefined {
  return current.getStore()
}

/** Counts by what the limit's key is told; throws 429 past it. */
export async function countOAuth(limiter: RateLimiter | undefined, call: unknown): Promise<void> {
  const here = oauthRequest()
  if (limiter !== undefined && here !== undefined) await limiter(here.reply, { req: here.request, call })
}
