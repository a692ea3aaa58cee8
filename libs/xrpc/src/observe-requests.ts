import type { ServerResponse } from 'node:http'
import { extractUrlNsid } from '@atproto/xrpc-server'
import type { Logger } from '@heronry/telemetry/logger'
import type { Metrics } from '@heronry/telemetry/metrics'
import { failSpan, type Span, startServerSpan } from '@heronry/telemetry/span'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { errorNamesMax, userAgentCharsMax } from './limits.ts'
import { requestNotes } from './request-notes.ts'

export interface ObserveOptions {
  readonly logger: Logger
  readonly metrics?: Metrics | undefined
  /** Whose `traceparent` is followed; unless given, nobody's. */
  readonly trustsTraceOf?: ((request: FastifyRequest) => boolean) | undefined
}

/**
 * One line, one span and two metrics for every request, whatever becomes of it: answered, refused, cut short, or a WebSocket
 * (told when it closes). To be called before any other hook or route is added to `app`.
 *
 * Invariant: of what a client sends only the verb, the route, the name of a method and the user agent are told; no path, no
 * query, no address.
 */
export function observeRequests(app: FastifyInstance, options: ObserveOptions): void {
  const { logger, metrics, trustsTraceOf } = options
  const tell = teller({ logger, metrics })
  let inFlight = 0
  metrics?.gauge('pds_http_requests_in_flight', () => inFlight)
  app.addHook('onRequest', (request, reply, done) => {
    const startedAt = performance.now()
    const socket = request.raw.socket
    const bytesBefore = socket?.bytesWritten ?? 0
    // Makes an object each time it is asked for.
    const { url } = request.routeOptions
    inFlight++
    const next = (span: Span) => {
      onEnd(reply.raw, (isComplete) => {
        inFlight--
        const ms = performance.now() - startedAt
        const bytes = (socket?.bytesWritten ?? 0) - bytesBefore
        tell(request, { ...ending(request, reply.raw, isComplete), url, ms, bytes, span })
      })
      done()
    }
    const isTrusted = trustsTraceOf?.(request) ?? false
    startServerSpan(`${request.method} ${url ?? 'other'}`, { headers: request.headers, isTrusted, next })
  })
}

interface Ending {
  status: number
  how: 'request' | 'client went away' | 'answer cut short'
}

interface Told extends Ending {
  /** Of the route. */
  url: string | undefined
  ms: number
  bytes: number
  span: Span
}

/** Once, when the last byte has been handed over, or when there will be no more. */
function onEnd(answer: ServerResponse, end: (isComplete: boolean) => void): void {
  answer.once('close', () => end(answer.writableFinished))
}

function ending({ ws }: FastifyRequest, answer: ServerResponse, isComplete: boolean): Ending {
  if (ws && !answer.headersSent) return { status: 101, how: 'request' }
  if (isComplete) return { status: answer.statusCode, how: 'request' }
  const isOurs = answer.errored != null && (answer.errored as { code?: string }).code !== 'ECONNRESET'
  if (isOurs) return { status: answer.statusCode, how: 'answer cut short' }
  return { status: 499, how: 'client went away' }
}

function teller({ logger, metrics }: ObserveOptions) {
  const errorNames = new Set<string>()
  /** Names may come from elsewhere, too: there are only so many of them. */
  const knownError = (name: string): string => {
    if (errorNames.has(name)) return name
    if (errorNames.size >= errorNamesMax || !/^\w{1,64}$/.test(name)) return 'other'
    errorNames.add(name)
    return name
  }
  return (request: FastifyRequest, { status, how, url, ms, bytes, span }: Told): void => {
    const { community, error, cause } = requestNotes(request)
    const nsid = nsidOf(url)
    const statusClass = `${Math.floor(status / 100)}xx`
    const route = nsid ?? (url === undefined || url.includes('*') ? 'other' : url)
    metrics?.observe(
      'pds_http_request_duration_seconds',
      { method_nsid: route, status_class: statusClass },
      ms / 1000,
    )
    if (url?.startsWith('/xrpc/')) {
      const labels = { nsid: nsid ?? 'other', code: String(status), error: error ? knownError(error) : '' }
      metrics?.count('pds_xrpc_requests_total', labels)
    }
    endSpan(span, { status, method: request.method, route: url, nsid, cause })
    const level = levelOf(status, how, url)
    if (!logger.isLevelEnabled(level)) return
    const { traceId } = span.spanContext()
    logger[level](
      {
        requestId: request.id,
        method: request.method,
        ...(url?.startsWith('/xrpc/') ? { nsid: nsid ?? askedNsid(request) } : { route: url }),
        status,
        ms: Math.round(ms * 10) / 10,
        bytes,
        community,
        error,
        ...(status >= 500 && cause !== undefined && { err: cause }),
        userAgent: request.headers['user-agent']?.slice(0, userAgentCharsMax),
        ...(span.isRecording() && { traceId }),
      },
      how,
    )
  }
}

/** The method of a route of ours, without the slash it may end with. */
function nsidOf(url: string | undefined): string | undefined {
  if (url === undefined || !url.startsWith('/xrpc/') || url.includes('*')) return undefined
  return url.slice('/xrpc/'.length).replace(/\/$/, '')
}

/** A method that is not ours is told by its name, where it has the form of one (at most 317 characters, by the specification). */
function askedNsid({ raw }: FastifyRequest): string | undefined {
  const nsid = extractUrlNsid(raw.url ?? '')
  return nsid !== undefined && nsid.length <= 317 && nsidForm.test(nsid) ? nsid : undefined
}

const nsidForm = /^[a-z][\w-]*(?:\.[a-z][\w-]*){2,}$/i

function levelOf(
  status: number,
  how: Ending['how'],
  url: string | undefined,
): 'debug' | 'info' | 'warn' | 'error' {
  if (status >= 500) return 'error'
  if (how === 'answer cut short') return 'warn'
  return url !== undefined && probes.has(url) ? 'debug' : 'info'
}

/** Asked every few seconds by whoever watches: only their failures are worth a line. */
const probes = new Set(['/xrpc/_health', '/tls-check'])

interface SpanEnd {
  status: number
  method: string
  route: string | undefined
  nsid: string | undefined
  cause: unknown
}

/** Names of the stable HTTP conventions, and those the reference gives to XRPC. */
function endSpan(span: Span, { status, method, route, nsid, cause }: SpanEnd): void {
  if (span.isRecording()) {
    span.setAttributes({ 'http.request.method': method, 'http.response.status_code': status })
    if (route !== undefined) span.setAttribute('http.route', route)
    if (nsid !== undefined) span.setAttribute('xrpc.method', nsid)
    if (status >= 500) failSpan(span, cause)
  }
  span.end()
}
