import type { Socket } from 'node:net'
import { ErrorFrame, extractUrlNsid } from '@atproto/xrpc-server'
import websocket from '@fastify/websocket'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { WebSocket } from 'ws'
import { errorAnswer } from './error-answer.ts'
import { closeGraceMs, subscriberMessageBytesMax } from './limits.ts'
import type { XrpcSubscription } from './method.ts'
import { paramsReader } from './params.ts'
import { requestCommunity } from './request-community.ts'
import type { XrpcServer } from './server.ts'

/** Lets `app` take WebSockets, those of `subscriptions` and no other: any other upgrade has its socket destroyed. */
export async function acceptUpgrades(
  app: FastifyInstance,
  { logger }: XrpcServer,
  subscriptions: readonly XrpcSubscription[],
): Promise<void> {
  hangUpLateUpgrades(app)
  const known = new Set(subscriptions.map(({ schema }) => schema.nsid as string))
  await app.register(websocket, {
    options: { maxPayload: subscriberMessageBytesMax, perMessageDeflate: false },
    errorHandler: (error, socket, request) => {
      logger.info({ err: error, requestId: request.id }, 'a subscriber was dropped')
      socket.terminate()
    },
    preClose(done) {
      const { websocketServer } = this
      const drained = subscriptions.map(async ({ drain }) => drain?.())
      void Promise.allSettled(drained).then(() => {
        closeSockets(websocketServer.clients)
        websocketServer.close(() => done())
      })
    },
  })
  app.addHook('onRequest', (request, reply, done) => {
    if (!request.ws || known.has(extractUrlNsid(request.raw.url ?? '') ?? '')) return done()
    reply.hijack()
    request.raw.socket.destroy()
  })
}

/**
 * Fastify answers 503 to an upgrade that comes while the server closes, and leaves its socket open, which no longer counts as a
 * connection of the server: nobody would ever close it, and the server could not stop.
 */
function hangUpLateUpgrades(app: FastifyInstance): void {
  let closing = false
  app.addHook('preClose', async () => {
    closing = true
  })
  app.server.on('upgrade', (_request, socket) => {
    // Once its answer is written.
    if (closing) setImmediate(() => (socket as Socket).destroySoon())
  })
}

/** Who does not answer the closing handshake in time is not waited for: the server could not stop. */
function closeSockets(sockets: Iterable<WebSocket>): void {
  const open = [...sockets]
  for (const socket of open) socket.close(1001, 'Going away')
  setTimeout(() => {
    for (const socket of open) socket.terminate()
  }, closeGraceMs).unref()
}

/**
 * A subscription's socket. A host of nobody, and a client with too many sockets, are refused before the upgrade; params that do not parse,
 * and a handler that throws, are told by an error frame, as the protocol has it.
 */
export function subscriptionHandler({ schema, handler }: XrpcSubscription, server: XrpcServer) {
  const readParams = paramsReader(schema)
  return async (socket: WebSocket, req: FastifyRequest): Promise<void> => {
    const log = server.logger.child({ requestId: req.id, nsid: schema.nsid })
    try {
      const community = await requestCommunity(server.communities, req)
      const params = readParams(req.raw.url ?? '')
      await handler({ params, community, socket, req, log })
    } catch (error) {
      const { status, body } = errorAnswer(error)
      if (status >= 500) log.error({ err: error }, 'subscription failed')
      socket.send(new ErrorFrame(body).toBytes())
      socket.close(policyViolation, body.error)
    }
  }
}

const policyViolation = 1008
