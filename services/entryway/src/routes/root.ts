import type { CommunityDirectory } from '@heronry/communities/directory'
import type { FastifyPluginAsync } from 'fastify'
import { ownHostOnly } from './own-host.ts'

/** `/` and `/robots.txt`: what a person or a crawler finds on a community's host. */
export const rootRoutes =
  ({ communities }: { communities: CommunityDirectory }): FastifyPluginAsync =>
  async (app) => {
    app.addHook('onRequest', ownHostOnly(communities))
    app.get('/', (_request, reply) => reply.type('text/plain; charset=utf-8').send(banner))
    app.get('/robots.txt', (_request, reply) => reply.type('text/plain; charset=utf-8').send(robots))
  }

const banner = `This is an AT Protocol Personal Data Server (PDS), hosted by Heronry.

Its API is under /xrpc/. The protocol is described at https://atproto.com
`

const robots = '# Crawling the public API is allowed\nUser-agent: *\nAllow: /\n'
