import type { Auth } from '@heronry/auth/create-auth'
import type { Community } from '@heronry/communities/community'
import { clientKey } from '@heronry/xrpc/client-key'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Viewer } from './repo-of.ts'

export interface PublicCall {
  req: FastifyRequest
  reply: FastifyReply
  community: Community
}

/**
 * Who asks, for methods that are public: their answer must not fail for a token that has expired, so that the credentials are looked at
 * only where the repo is one that not everybody sees.
 */
export function lazyViewer(auth: Auth, { req, reply, community, nsid }: PublicCall & { nsid: string }) {
  const authenticate = auth.optional({ reach: 'standard', acceptTakendown: true })
  return (): Promise<Viewer> => {
    reply.header('cache-control', 'private').header('vary', 'Authorization')
    const { authorization } = req.headers
    return authenticate({ authorization, community, nsid, client: clientKey(req), message: req.raw })
  }
}
