import { randomUUID } from 'node:crypto'
import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import type { Logger } from '@heronry/telemetry/logger'
import { type FastifyHttpOptions, type FastifyReply, type FastifyRequest, LogController } from 'fastify'
import { errorAnswer } from './error-answer.ts'
import { keepAliveTimeoutMs, requestTimeoutMs } from './limits.ts'

export interface HttpServerSettings {
  readonly logger: Logger
  /** Whose X-Forwarded-* headers are believed: addresses, or Fastify's own forms. */
  readonly trustProxy?: boolean | string | string[]
}

/**
 * How every HTTP server of the house is made: `Fastify(httpServerOptions(…))`. What fails below XRPC — bytes that are no HTTP, a
 * path that cannot be read — is answered in the same envelope, with a request id too.
 */
export function httpServerOptions({
  logger,
  trustProxy = false,
}: HttpServerSettings): FastifyHttpOptions<Server> {
  return {
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true }),
    trustProxy,
    genReqId: () => randomUUID(),
    keepAliveTimeout: keepAliveTimeoutMs,
    requestTimeout: requestTimeoutMs,
    frameworkErrors: answerFrameworkError,
    clientErrorHandler: answerClientError,
  }
}

function answerFrameworkError(error: Error, request: FastifyRequest, reply: FastifyReply): void {
  const { status, body } = errorAnswer(error)
  reply.header('x-request-id', request.id).header('access-control-allow-origin', '*').code(status)
  reply.type('application/json; charset=utf-8').send(JSON.stringify(body))
}

/** Node's parser has given up on the connection: one answer, by hand, and it is closed. */
function answerClientError(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed || !socket.writable) {
    socket.destroy(error)
    return
  }
  const [status, name, message] = clientFaults[error.code ?? ''] ?? notHttp
  const body = JSON.stringify({ error: name, message })
  const head = [
    `HTTP/1.1 ${status}`,
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    `X-Request-Id: ${randomUUID()}`,
    'Access-Control-Allow-Origin: *',
    'Connection: close',
  ]
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`)
}

const notHttp = ['400 Bad Request', 'InvalidRequest', 'The request is not valid HTTP'] as const

const clientFaults: Record<string, readonly [status: string, error: string, message: string]> = {
  ERR_HTTP_REQUEST_TIMEOUT: ['408 Request Timeout', 'InvalidRequest', 'The request took too long'],
  HPE_HEADER_OVERFLOW: [
    '431 Request Header Fields Too Large',
    'InvalidRequest',
    'The headers of the request are too long',
  ],
}
