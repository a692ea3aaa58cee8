import { findActor } from '@heronry/accounts/actor'
import type { CommunityDirectory } from '@heronry/communities/directory'
import { isHandle } from '@heronry/core/handle'
import type { Database } from '@heronry/db/database'
import type { FastifyPluginAsync, FastifyReply } from 'fastify'

/**
 * `/.well-known/did.json`, the DID document of the community's own did:web, and `/.well-known/atproto-did`, by which the
 * world resolves the handles under its domains.
 */
export const wellKnownRoutes =
  ({ db, communities }: { db: Database; communities: CommunityDirectory }): FastifyPluginAsync =>
  async (app) => {
    app.get('/.well-known/did.json', async (request, reply) => {
      const match = await communities.forHost(request.host)
      if (match.kind !== 'community') return notFound(reply)
      const { serviceDid, publicUrl } = match.community
      const service = { id: '#atproto_pds', type: 'AtprotoPersonalDataServer', serviceEndpoint: publicUrl }
      const document = { '@context': ['https://www.w3.org/ns/did/v1'], id: serviceDid, service: [service] }
      return reply.header('access-control-allow-origin', '*').type('application/json').send(document)
    })

    app.get('/.well-known/atproto-did', async (request, reply) => {
      const { community } = await communities.forHost(request.host)
      const handle = request.hostname.toLowerCase().replace(/\.$/, '')
      if (!isHandle(handle)) return notFound(reply)
      const actor = await findActor(db, { communityId: community.id, didOrHandle: handle })
      return actor?.status === 'active' ? reply.type('text/plain').send(actor.did) : notFound(reply)
    })
  }

function notFound(reply: FastifyReply): FastifyReply {
  return reply.code(404).type('text/plain').send('User not found')
}
