import { type Actor, findActor } from '@heronry/accounts/actor'
import type { Community } from '@heronry/communities/community'
import type { CommunityDirectory } from '@heronry/communities/directory'
import { hostName } from '@heronry/communities/host-name'
import type { Database } from '@heronry/db/database'
import type { FastifyPluginAsync } from 'fastify'
import { ownHostOnly } from './own-host.ts'

/**
 * `/.well-known/did.json`, the DID document of the community's own did:web; `/.well-known/oauth-protected-resource`, by which apps find who
 * lets them in (RFC 9728); and `/.well-known/atproto-did`, by which the world resolves the handles under its domains.
 */
export const wellKnownRoutes =
  ({ db, communities }: WellKnownDeps): FastifyPluginAsync =>
  async (app) => {
    app.get('/.well-known/did.json', { onRequest: ownHostOnly(communities) }, async (request, reply) => {
      const { community } = await communities.forHost(request.headers.host)
      return reply.header('access-control-allow-origin', '*').send(didDocument(community))
    })

    app.get(
      '/.well-known/oauth-protected-resource',
      { onRequest: ownHostOnly(communities) },
      async (request, reply) => {
        const { community } = await communities.forHost(request.headers.host)
        return reply.header('access-control-allow-origin', '*').send(protectedResource(community))
      },
    )

    app.get('/.well-known/atproto-did', async (request, reply) => {
      const actor = await actorAt({ db, communities }, request.headers.host)
      const isThere = actor?.status === 'active'
      return reply
        .code(isThere ? 200 : 404)
        .type('text/plain')
        .send(isThere ? actor.did : 'User not found')
    })
  }

interface WellKnownDeps {
  db: Database
  communities: CommunityDirectory
}

/** The actor whose handle the host is: one below a handle domain, or a community's own hostname. */
async function actorAt(
  { db, communities }: WellKnownDeps,
  host: string | undefined,
): Promise<Actor | undefined> {
  const handle = hostName(host)
  if (handle === undefined) return undefined
  const community = await communities.forHandle(handle)
  return community && findActor(db, { communityId: community.id, didOrHandle: handle })
}

function didDocument({ serviceDid, publicUrl }: Community) {
  const service = { id: '#atproto_pds', type: 'AtprotoPersonalDataServer', serviceEndpoint: publicUrl }
  return { '@context': ['https://www.w3.org/ns/did/v1'], id: serviceDid, service: [service] }
}

/** The community is its own authorization server. */
function protectedResource({ publicUrl }: Community) {
  return {
    resource: publicUrl,
    authorization_servers: [publicUrl],
    scopes_supported: [],
    bearer_methods_supported: ['header'],
    resource_documentation: 'https://atproto.com',
  }
}
