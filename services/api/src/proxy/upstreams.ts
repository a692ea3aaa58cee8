import type { IncomingHttpHeaders, ServerResponse } from 'node:http'
import type { Metrics } from '@heronry/telemetry/metrics'
import { inSpan, SpanKind } from '@heronry/telemetry/span'
import { type AgentOptions, Agents } from './agents.ts'
import { Circuits } from './circuits.ts'
import { type ExchangeEnd, type ExchangeRequest, exchange } from './exchange.ts'
import { ClientGone, ExchangeFault } from './exchange-fault.ts'
import { collectedBytesMax, type ProxyLimits, proxyLimits } from './limits.ts'
import { unreachable } from './unreachable.ts'
import type { Upstream, UpstreamKind } from './upstream.ts'

export interface UpstreamsOptions extends Omit<AgentOptions, 'limits'> {
  /** What is left out, or undefined, is as limits.ts has it. */
  readonly limits?: { readonly [Name in keyof ProxyLimits]?: ProxyLimits[Name] | undefined }
  readonly metrics?: Metrics | undefined
}

export interface UpstreamRequest extends Omit<ExchangeRequest, 'origin' | 'body'> {
  readonly upstream: Upstream
  /** Whose requests are counted together. */
  readonly caller: string
  /** Made anew for each try. */
  readonly body?: () => ExchangeRequest['body']
  /** Who waits. */
  readonly client: ServerResponse
  /** Begins the client's answer, where it is streamed. */
  readonly begin?: (status: number, headers: IncomingHttpHeaders) => ServerResponse
  /** As of `ExchangeParts`. */
  readonly collects?: ((headers: IncomingHttpHeaders) => boolean) | undefined
}

/** Every other service that this process asks in a member's name. */
export class Upstreams {
  readonly limits: ProxyLimits
  readonly #agents: Agents
  readonly #circuits: Circuits
  readonly #metrics: Metrics | undefined
  #inFlight = 0

  constructor({ limits, metrics, ...options }: UpstreamsOptions) {
    this.limits = limitsWith(limits)
    this.#agents = new Agents({ ...options, limits: this.limits })
    this.#circuits = new Circuits(this.limits)
    this.#metrics = metrics
    metrics?.gauge('pds_proxy_in_flight', () => this.#inFlight)
    metrics?.gauge('pds_proxy_circuits_open', () => this.#circuits.openCount())
  }

  /**
   * Asks, and streams a success to the client or collects it; an error of the upstream's is collected. Throws `UpstreamFailure` where there
   * is no answer, `ServiceUnavailable` where too many wait for one, `ClientGone`, and what the request's body failed with.
   */
  async ask(request: UpstreamRequest): Promise<ExchangeEnd> {
    const { kind } = request.upstream
    const startedAt = performance.now()
    this.#inFlight++
    let outcome = 'shed'
    try {
      const attributes = { 'xrpc.proxied': true, 'xrpc.proxy': kind }
      const end = await inSpan(`proxy ${kind}`, { kind: SpanKind.CLIENT, attributes }, () =>
        this.#send(request),
      )
      outcome = outcomeOf(end)
      return end
    } catch (error) {
      outcome = outcomeOfError(error)
      throw error instanceof ExchangeFault ? unreachable(error) : error
    } finally {
      this.#inFlight--
      this.#tell(kind, outcome, performance.now() - startedAt)
    }
  }

  async #send(request: UpstreamRequest): Promise<ExchangeEnd> {
    for (let tries = 0; ; tries++) {
      try {
        return await this.#sendOnce(request)
      } catch (error) {
        if (tries >= this.limits.retriesMax || !mayRepeat(request, error)) throw error
      }
    }
  }

  #sendOnce({
    upstream,
    caller,
    body,
    client,
    begin,
    collects,
    ...request
  }: UpstreamRequest): Promise<ExchangeEnd> {
    const { origin } = upstream
    const dispatcher = this.#agents.of(upstream)
    const passage = this.#circuits.enter(origin, caller)
    try {
      const parts = { passage, limits: this.limits, begin, collects, client, collectedBytesMax }
      return exchange(dispatcher, { ...request, origin, body: body?.() ?? null }, parts)
    } catch (error) {
      // A body that is announced as too long is never read.
      passage.leave()
      throw error
    }
  }

  #tell(upstream: UpstreamKind, outcome: string, ms: number): void {
    this.#metrics?.count('pds_proxy_requests_total', { upstream, outcome })
    this.#metrics?.observe('pds_proxy_duration_seconds', { upstream }, ms / 1000)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#agents[Symbol.asyncDispose]()
  }
}

function limitsWith(limits: UpstreamsOptions['limits'] = {}): ProxyLimits {
  const names = Object.keys(proxyLimits) as (keyof ProxyLimits)[]
  const entries = names.map((name) => [name, limits[name] ?? proxyLimits[name]])
  return Object.fromEntries(entries) as Record<keyof ProxyLimits, number>
}

/** Only what asks for something, and only where the connection broke: a slow upstream is not asked twice. */
function mayRepeat({ method }: UpstreamRequest, error: unknown): boolean {
  return method !== 'POST' && error instanceof ExchangeFault && error.kind === 'unreachable'
}

function outcomeOf(end: ExchangeEnd): string {
  if (end.how === 'cut') return 'cut'
  if (end.status < 300) return 'answered'
  return end.status >= 400 && end.status < 500 ? 'refused' : 'failed'
}

function outcomeOfError(error: unknown): string {
  if (error instanceof ClientGone) return 'client_gone'
  return error instanceof ExchangeFault ? error.kind.replace(' ', '_') : 'shed'
}
