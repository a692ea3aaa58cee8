import type { DpopNonces } from '@heronry/auth/dpop-nonces'
import { isDpop } from '@heronry/auth/is-dpop'
import type { CommunityDirectory } from '@heronry/communities/directory'
import { HeronryError } from '@heronry/core/error'
import type { Logger } from '@heronry/telemetry/logger'
import type { Metrics } from '@heronry/telemetry/metrics'
import type { FastifyInstance, FastifyReply, FastifyRequest, onRequestHookHandler } from 'fastify'
import { type CatchAll, catchAllHandler, refuseUnknown } from './catch-all.ts'
import { compressAnswers } from './compress-answers.ts'
import { allowAnyOrigin, answerPreflight } from './cors.ts'
import { errorAnswer } from './error-answer.ts'
import { type XrpcLimits, xrpcLimits } from './limits.ts'
import type { XrpcMethod, XrpcSubscription } from './method.ts'
import { methodHandler } from './method-handler.ts'
import { observeRequests } from './observe-requests.ts'
import type { ServerRateLimits } from './rate-limit.ts'
import { createRateLimiters, type RateLimiters } from './rate-limiter.ts'
import { requestCommunity } from './request-community.ts'
import { noteRequest } from './request-notes.ts'
import type { XrpcServer } from './server.ts'
import { SocketAdmission } from './socket-admission.ts'
import { acceptUpgrades, subscriptionHandler } from './subscription-route.ts'

export interface XrpcServerOptions {
  readonly communities: Pick<CommunityDirectory, 'forHost'>
  readonly methods: readonly XrpcMethod[]
  readonly subscriptions?: readonly XrpcSubscription[]
  /** Answers `/xrpc/<nsid>` of no method of ours; unless given, as a server without any other service behind it. */
  readonly catchAll?: CatchAll
  readonly logger: Logger
  readonly metrics?: Metrics | undefined
  /** Whose `traceparent` is followed; unless given, nobody's. */
  readonly trustsTraceOf?: (request: FastifyRequest) => boolean
  readonly limits?: Partial<XrpcLimits>
  readonly rateLimits?: ServerRateLimits
  /** What proofs of possession must name; unless given, nobody brings any. */
  readonly dpopNonces?: Pick<DpopNonces, 'next'> | undefined
  /** Answers are held against their lexicon. */
  readonly devMode?: boolean
}

/**
 * Puts XRPC under /xrpc of `app`. To be awaited before any other route is added: log lines, request ids and refused upgrades are
 * for all of them.
 *
 * Invariant: Fastify never reads a body under /xrpc. Returns what other routes of the server may count with.
 */
export async function xrpcServer(
  app: FastifyInstance,
  options: XrpcServerOptions,
): Promise<{ rateLimiters: RateLimiters }> {
  const { communities, logger, metrics, limits, rateLimits, devMode = false, subscriptions = [] } = options
  const rateLimiters = createRateLimiters(rateLimits, metrics)
  const bounds = { ...xrpcLimits, ...limits }
  const server = { communities, logger, metrics, limits: bounds, rateLimiters, devMode }
  observeRequests(app, { logger, metrics, trustsTraceOf: options.trustsTraceOf })
  app.addHook('onRequest', (request, reply, done) => {
    reply.header('x-request-id', request.id)
    done()
  })
  compressAnswers(app)
  await acceptUpgrades(app, server, subscriptions)
  await app.register(async (scope) => addRoutes(scope, server, options), { prefix: '/xrpc' })
  return { rateLimiters }
}

function addRoutes(app: FastifyInstance, server: XrpcServer, options: XrpcServerOptions): void {
  const { methods, subscriptions = [], catchAll = refuseUnknown } = options
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', (_request, _body, done) => done(null))
  leaveContentTypes(app)
  app.addHook('onRequest', allowAnyOrigin)
  if (options.dpopNonces) app.addHook('onRequest', tellNonce(options.dpopNonces))
  app.setErrorHandler((error, request, reply) => answerError(server.logger, error, { request, reply }))
  const handleUnknown = catchAllHandler(catchAll, server)
  for (const method of methods) {
    const handler = methodHandler(method, server, handleUnknown)
    for (const url of paths(method.schema)) app.route({ method: verbs, url, handler })
  }
  for (const subscription of subscriptions) {
    const wsHandler = subscriptionHandler(subscription, server)
    const { socketsPerClientMax: max } = subscription
    const admission = max === undefined ? undefined : new SocketAdmission({ max, metrics: server.metrics })
    const onRequest = async (request: FastifyRequest) => {
      const community = await requestCommunity(server.communities, request)
      if (request.ws) admission?.admit(request, community)
    }
    for (const url of paths(subscription.schema)) {
      app.route({ method: 'GET', url, handler: handleUnknown, wsHandler, onRequest })
    }
  }
  app.route({ method: verbs, url: '/*', handler: handleUnknown })
  app.options('/*', answerPreflight)
  app.setNotFoundHandler(handleUnknown)
}

/** Whoever proves that it holds a key learns from every answer what to prove next time, from a refusal too. */
function tellNonce(nonces: Pick<DpopNonces, 'next'>): onRequestHookHandler {
  return (request, reply, done) => {
    const { authorization, dpop } = request.raw.headers
    if (dpop !== undefined || isDpop(authorization)) reply.header('dpop-nonce', nonces.next())
    done()
  }
}

/** Fastify would refuse a Content-Type that it cannot read before any handler: it sees none while it looks for a parser. */
function leaveContentTypes(app: FastifyInstance): void {
  const types = new WeakMap<FastifyRequest, string>()
  app.addHook('onRequest', (request, _reply, done) => {
    const { headers } = request.raw
    if (headers['content-type'] !== undefined) {
      types.set(request, headers['content-type'])
      headers['content-type'] = undefined
    }
    done()
  })
  app.addHook('preValidation', (request, _reply, done) => {
    const type = types.get(request)
    if (type !== undefined) request.raw.headers['content-type'] = type
    done()
  })
}

const verbs = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']

/** A slash at the end is tolerated. */
function paths({ nsid }: { nsid: string }): string[] {
  return [`/${nsid}`, `/${nsid}/`]
}

function answerError(
  logger: Logger,
  error: unknown,
  { request, reply }: { request: FastifyRequest; reply: FastifyReply },
): FastifyReply {
  const { status, body, challenge } = errorAnswer(error)
  // What a handler makes of a client that has gone is nobody's fault, and nobody's answer; its line is written.
  if (reply.raw.destroyed) logger.debug({ err: error, requestId: request.id }, 'ended after its client')
  noteRequest(request, { error: body.error, ...(status >= 500 && { cause: error }) })
  // Of an answer whose stream failed before its first byte.
  reply.removeHeader('content-encoding')
  if (error instanceof HeronryError && error.retryAfterMs !== undefined) {
    reply.header('retry-after', Math.ceil(error.retryAfterMs / 1000))
  }
  if (challenge !== undefined) reply.header('www-authenticate', challenge)
  return reply.code(status).type('application/json; charset=utf-8').send(JSON.stringify(body))
}
