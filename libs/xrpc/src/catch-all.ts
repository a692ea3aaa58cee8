import { extractUrlNsid, InvalidRequestError } from '@atproto/xrpc-server'
import type { Community } from '@heronry/communities/community'
import { HeronryError } from '@heronry/core/error'
import type { Logger } from '@heronry/telemetry/logger'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { requestCommunity } from './request-community.ts'
import type { XrpcServer } from './server.ts'

/** A request for a method that is not ours, its body unread. */
export interface CatchAllCall {
  readonly nsid: string
  readonly community: Community
  readonly req: FastifyRequest
  readonly reply: FastifyReply
  readonly log: Logger
}

/** Answers a call by `reply`, or by throwing. */
export type CatchAll = (call: CatchAllCall) => Promise<unknown>

/** Everything under /xrpc that is no method of ours, by whatever verb. */
export function catchAllHandler(catchAll: CatchAll, { communities, rateLimiters, logger }: XrpcServer) {
  return async (req: FastifyRequest, reply: FastifyReply): Promise<unknown> => {
    const community = await requestCommunity(communities, req)
    const nsid = extractUrlNsid(req.raw.url ?? '')
    if (nsid === undefined) throw new InvalidRequestError('invalid xrpc path')
    if (req.method !== 'GET' && req.method !== 'HEAD' && req.method !== 'POST') {
      throw new InvalidRequestError('XRPC requests only supports GET and POST')
    }
    await rateLimiters.global?.(reply, { req })
    return catchAll({ nsid, community, req, reply, log: logger.child({ requestId: req.id, nsid }) })
  }
}

/** As the reference answers where no other service is configured that it could pass a call on to. */
export const refuseUnknown: CatchAll = async ({ nsid, req }) => {
  if (req.headers.authorization === undefined)
    throw new HeronryError('AuthMissing', 'Authentication Required')
  throw new HeronryError('InvalidRequest', `No service configured for ${nsid}`)
}
