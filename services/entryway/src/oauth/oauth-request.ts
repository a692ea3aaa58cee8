import { AsyncLocalStorage } from 'node:async_hooks'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { OAuthLimiters } from './route-limits.ts'

/** What the stores and hooks of a provider must know of the request they are called in: the provider hands them neither its address nor itself. */
export interface OAuthRequest {
  readonly request: FastifyRequest
  readonly reply: FastifyReply
  /** What its client is counted by: an address, or a /64. */
  readonly network: string
  readonly limiters: OAuthLimiters
  /** A store had no database: nothing is ended in this request any more, for what else it has found out may be wrong. */
  isCutOff: boolean
  /** A code or a refresh token came in it that was used before. */
  isReplay: boolean
}

const current = new AsyncLocalStorage<OAuthRequest>()

export function inOAuthRequest<T>(request: OAuthRequest, body: () => T): T {
  return current.run(request, body)
}

/** Undefined where a store is called by a page of ours, or by a job. */
export function oauthRequest(): OAuthRequest | undefined {
  return current.getStore()
}

/** Of a page that asks outside of a request of the provider nothing is known: it is counted apart. */
export function networkOf(): string {
  return oauthRequest()?.network ?? 'unknown'
}

/** Counts what is done by that name; throws 429 past the limit. */
export async function countOAuth(limit: keyof OAuthLimiters, name: string): Promise<void> {
  const here = oauthRequest()
  if (here === undefined) return
  const { request: req, network, limiters } = here
  await limiters[limit]?.(headersOf(here), { req, call: { name, network } })
}

/** The answer is the provider's already: what Fastify is told now would not be sent. */
function headersOf({ reply: { raw } }: OAuthRequest) {
  const headers = {
    header(name: string, value: string | number) {
      if (!raw.headersSent) raw.setHeader(name, value)
      return headers
    },
  }
  return headers
}
