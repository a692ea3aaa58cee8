import type { CommunityDirectory } from '@heronry/communities/directory'
import { HeronryError } from '@heronry/core/error'
import { errorAnswer } from '@heronry/xrpc/error-answer'
import type { FastifyReply, FastifyRequest } from 'fastify'

/** A hook for routes that only a community's own host has: 404 below a handle domain, 421 where nobody is at home. */
export function ownHostOnly(communities: CommunityDirectory) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> => {
    try {
      const { kind } = await communities.forHost(request.headers.host)
      return kind === 'community' ? undefined : reply.code(404).type('text/plain').send('Not found')
    } catch (error) {
      if (!(error instanceof HeronryError)) throw error
      const { status, body } = errorAnswer(error)
      return reply.code(status).send(body)
    }
  }
}
