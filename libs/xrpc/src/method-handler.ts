import type { Readable } from 'node:stream'
import { InvalidRequestError, XRPCError } from '@atproto/xrpc-server'
import type { Community } from '@heronry/communities/community'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { sendAnswer } from './answer.ts'
import { assertAnswer } from './answer-check.ts'
import { callOf } from './call.ts'
import { clientKey } from './client-key.ts'
import { type Input, inputReader } from './input.ts'
import type { MethodCall, XrpcMethod } from './method.ts'
import { paramsReader } from './params.ts'
import { requestCommunity } from './request-community.ts'
import type { XrpcServer } from './server.ts'

type RouteHandler = (req: FastifyRequest, reply: FastifyReply) => Promise<unknown>

/**
 * A method as Fastify's handler: community, verb, params, auth, body, rate limit, handler, answer — in this order, so that
 * nobody makes us read a body who may not call, and nothing is counted against a limit that was never a call.
 */
export function methodHandler(method: XrpcMethod, server: XrpcServer, handleUnknown: RouteHandler) {
  const { schema, handler, ended } = method
  const readParams = paramsReader(schema)
  const readInput = inputReader(method, server.limits)
  const { rateLimit: rules, isExemptFromGlobalLimit: isExemptFromGlobal = false } = method
  const limiter = server.rateLimiters.forMethod(schema.nsid, { rules, isExemptFromGlobal })
  return async (req: FastifyRequest, reply: FastifyReply): Promise<unknown> => {
    const community = await requestCommunity(server.communities, req)
    if (method.isPassedOn?.({ req, community })) return handleUnknown(req, reply)
    assertVerb(schema.type, req.method)
    const params = readParams(req.raw.url ?? '')
    let auth: unknown
    let input: Input | undefined
    let call: MethodCall<never, unknown> | undefined
    const undoing: Undo[] = []
    try {
      auth = await authenticate(method, { req, reply, community, ifFailed: (undo) => undoing.push(undo) })
      input = await readInput(req.raw)
      call = callOf({ params, input, auth, community, req, reply }, { schema, logger: server.logger })
      await limiter?.(reply, { req, call })
      const answer = await handler(call)
      // What it did stands, whatever happens to the answer.
      undoing.length = 0
      if (server.devMode) assertAnswer(schema, answer)
      await ended?.({ req, community, auth, call, error: undefined })
      sendAnswer(reply, answer)
      // To wait for what has been handed over already would cost a dozen listeners.
      return reply.sent ? reply : await reply
    } catch (caught) {
      const error = bodyFault(input) ?? caught
      for (const undo of undoing)
        await undo().catch((cause) => server.logger.error({ err: cause }, 'not undone'))
      await ended?.({ req, community, auth, call, error })
      throw error
    } finally {
      abandonBody(input)
    }
  }
}

function assertVerb(type: 'query' | 'procedure', verb: string): void {
  const expected = type === 'query' ? 'GET' : 'POST'
  if (verb === expected || (type === 'query' && verb === 'HEAD')) return
  throw new InvalidRequestError(`Incorrect HTTP method (${verb}) expected ${expected}`)
}

interface Caller {
  readonly req: FastifyRequest
  readonly reply: FastifyReply
  readonly community: Community
  readonly ifFailed: (undo: Undo) => void
}

type Undo = () => Promise<void>

/** What depends on who asks is for nobody else's cache, the refusal included. */
async function authenticate(
  { auth, schema }: XrpcMethod,
  { req, reply, community, ifFailed }: Caller,
): Promise<unknown> {
  if (auth === undefined) return undefined
  reply.header('cache-control', 'private').header('vary', 'Authorization')
  const { authorization } = req.headers
  const client = clientKey(req)
  return auth({ authorization, community, nsid: schema.nsid, client, ifFailed, message: req.raw })
}

/** Why the body failed under the handler that streamed it: whatever the handler made of it, the client is told this. */
function bodyFault(input: Input | undefined): XRPCError | undefined {
  const { errored } = (input?.body ?? {}) as Partial<Readable>
  return errored instanceof XRPCError ? errored : undefined
}

/** A body nobody read to its end would keep the connection from its next request. */
function abandonBody(input: Input | undefined): void {
  const { destroy } = (input?.body ?? {}) as Partial<Readable>
  if (typeof destroy === 'function') destroy.call(input?.body)
}
