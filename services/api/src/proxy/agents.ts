import { type AddressRules, guardedLookup, isPublicUrl } from '@heronry/identity/public-address'
import { Agent, type Dispatcher } from 'undici'
import { headBytesMax, idleConnectionMs, type ProxyLimits } from './limits.ts'
import { unreachable } from './unreachable.ts'
import type { Upstream } from './upstream.ts'

export interface AgentOptions {
  /** Refuses every address inside for an upstream that the operator did not name. False in development. */
  readonly publicOnly: boolean
  readonly allowHttp2?: boolean
  readonly limits: ProxyLimits
  readonly rules?: AddressRules
}

/**
 * Connections to upstreams, kept open: one pool for each origin. An upstream that a stranger's document names is asked over TLS, at a public
 * address: a connection is made to exactly the addresses that were checked, and a pool never looks a name up behind its back.
 */
export class Agents {
  readonly #publicOnly: boolean
  readonly #inside: Agent
  readonly #outside: Agent

  constructor({ publicOnly, allowHttp2 = false, limits, rules }: AgentOptions) {
    const options = {
      allowH2: allowHttp2,
      connections: limits.inFlightPerUpstreamMax,
      headersTimeout: limits.headersTimeoutMs,
      bodyTimeout: limits.bodyTimeoutMs,
      keepAliveTimeout: idleConnectionMs,
      maxHeaderSize: headBytesMax,
    }
    const timeout = limits.connectTimeoutMs
    this.#publicOnly = publicOnly
    this.#inside = new Agent({ ...options, connect: { timeout } })
    this.#outside = new Agent({
      ...options,
      connect: { timeout, ...(publicOnly && { lookup: guardedLookup(rules) }) },
    })
  }

  /** Throws `UpstreamFailure` for an origin that strangers may not send us to. */
  of({ origin, isConfigured }: Pick<Upstream, 'origin' | 'isConfigured'>): Dispatcher {
    if (isConfigured) return this.#inside
    if (this.#publicOnly && !isPublicUrl(new URL(origin))) throw unreachable(new Error('It is not public'))
    return this.#outside
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.#inside.destroy(), this.#outside.destroy()])
  }
}
