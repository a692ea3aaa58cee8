import type { CommunityDirectory } from '@heronry/communities/directory'
import { clientKey } from '@heronry/xrpc/client-key'
import { errorAnswer } from '@heronry/xrpc/error-answer'
import type { RouteParts } from '@heronry/xrpc/process/open-app'
import { noteRequest } from '@heronry/xrpc/request-notes'
import type { FastifyInstance, FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import { noteInterrupted } from '../pages/interrupted-request.ts'
import type { OAuthRouteGroup } from '../rate-limits.ts'
import { ownHostOnly } from '../routes/own-host.ts'
import { inOAuthRequest } from './oauth-request.ts'
import { oauthPaths } from './paths.ts'
import type { Providers } from './providers.ts'
import { oauthNameLimiters, oauthRouteLimiter } from './route-limits.ts'

export interface OAuthRouteDeps {
  readonly communities: CommunityDirectory
  readonly providers: Providers
}

/**
 * The provider's paths, each a route of its own, so that each is limited and measured. Fastify reads no body of them and answers none: the
 * provider does both, with the raw request.
 */
export const oauthRoutes =
  ({ communities, providers }: OAuthRouteDeps): FastifyPluginAsync<RouteParts> =>
  async (app, { rateLimiters }) => {
    const limiters = oauthNameLimiters(rateLimiters)
    app.removeAllContentTypeParsers()
    app.addContentTypeParser('*', (_request, _body, done) => done(null))
    app.addHook('onRequest', ownHostOnly(communities))
    app.setErrorHandler(answerError)
    const handler = async (request: FastifyRequest, reply: FastifyReply) => {
      const { community } = await communities.forHost(request.headers.host)
      noteRequest(request, { community: community.slug })
      const handle = await providers.handlerOf(community)
      const network = clientKey(request)
      noteInterrupted(request, reply, community)
      handOver(request, reply)
      const here = { request, reply, network, limiters, isCutOff: false, isReplay: false }
      inOAuthRequest(here, () => handle(request.raw, reply.raw))
    }
    for (const [group, paths] of Object.entries(oauthPaths)) {
      const limiter = oauthRouteLimiter(rateLimiters, group as OAuthRouteGroup)
      for (const url of paths) {
        app.route({
          ...{ method: verbs, url, handler },
          onRequest: async (req, reply) => limiter?.(reply, { req }),
        })
      }
    }
  }

const verbs: FastifyVerb[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']
type FastifyVerb = Extract<Parameters<FastifyInstance['route']>[0]['method'], string>

/** From here on the answer is the provider's: with what hooks have set already, and the address as Fastify knows it. */
function handOver(request: FastifyRequest, reply: FastifyReply): void {
  for (const [name, value] of Object.entries(reply.getHeaders())) {
    if (value !== undefined) reply.raw.setHeader(name, value)
  }
  Object.assign(request.raw, { ip: request.ip })
  reply.hijack()
}

/** In the form that OAuth clients and the provider's pages know. */
function answerError(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { status, body } = errorAnswer(error)
  noteRequest(request, { error: body.error, ...(status >= 500 && { cause: error }) })
  const code = status === 429 ? 'rate_limit_exceeded' : status < 500 ? 'invalid_request' : 'server_error'
  return reply.code(status).send({ error: code, error_description: body.message })
}
