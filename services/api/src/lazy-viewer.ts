import type { Auth } from '@heronry/auth/create-auth'
import type { Community } from '@heronry/communities/community'
import type { FastifyRequest } from 'fastify'
import type { Viewer } from './repo-of.ts'

/**
 * Who asks, for methods that are public: their answer must not fail for a token that has expired, so that the credentials are looked at
 * only where the repo is one that not everybody sees.
 */
export function lazyViewer(
  auth: Auth,
  { req, community, nsid }: { req: FastifyRequest; community: Community; nsid: string },
): () => Promise<Viewer> {
  const { authorization } = req.headers
  return () => auth.optional({ reach: 'standard', acceptTakendown: true })({ authorization, community, nsid })
}
