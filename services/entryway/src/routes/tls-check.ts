import { findActor } from '@heronry/accounts/actor'
import type { CommunityDirectory } from '@heronry/communities/directory'
import { isHandle } from '@heronry/core/handle'
import type { Database } from '@heronry/db/database'
import type { FastifyPluginAsync } from 'fastify'

/** `/tls-check?domain=`: whether a proxy may ask for a certificate on demand (Caddy's `on_demand_tls.ask`). */
export const tlsCheckRoute =
  ({ db, communities }: { db: Database; communities: CommunityDirectory }): FastifyPluginAsync =>
  async (app) => {
    app.get<{ Querystring: { domain?: string | string[] } }>('/tls-check', async (request, reply) => {
      const { domain } = request.query
      if (typeof domain !== 'string' || domain === '') {
        return reply.code(400).send({ error: 'InvalidRequest', message: 'bad or missing domain query param' })
      }
      const name = domain.toLowerCase()
      const all = await communities.all()
      if (all.some(({ hostname }) => hostname === name)) return { success: true }
      const community = isHandle(name) ? await communities.forHandle(name) : undefined
      if (community === undefined) {
        return reply.code(400).send({
          error: 'InvalidRequest',
          message: 'handles are not provided on this domain',
        })
      }
      const actor = await findActor(db, { communityId: community.id, didOrHandle: name })
      if (actor?.status === 'active') return { success: true }
      return reply.code(404).send({ error: 'NotFound', message: 'handle not found for this domain' })
    })
  }
