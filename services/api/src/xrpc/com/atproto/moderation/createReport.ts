import { type LexValue, lexToJson } from '@atproto/lex'
import { assertPermitted } from '@heronry/auth/permissions'
import * as moderation from '@heronry/lexicons/generated/com/atproto/moderation'
import { method } from '@heronry/xrpc/method'
import { askJson } from '../../../../proxy/ask-json.ts'
import { locate, type ProxyDeps, targetOf } from '../../../../proxy/proxy.ts'
import { audienceOf, proxyToken } from '../../../../proxy/proxy-token.ts'
import { permittedAudience } from '../../../../proxy/upstream.ts'

const lxm = moderation.createReport.$lxm

/** Goes to the service that the header names, or that takes the community's reports; also of an account that is taken down. */
export const createReport = (deps: ProxyDeps) =>
  method(moderation.createReport, {
    auth: deps.auth.session({ reach: 'standard', acceptTakendown: true, acceptNarrowed: true }),
    handler: async ({ input, auth: session, community, req, reply }) => {
      const target = targetOf({ nsid: lxm, community, req })
      assertPermitted(session, { rpc: { aud: permittedAudience(target), lxm } })
      const upstream = await locate(deps.resolver, { community, target })
      const { actor } = session
      const token = await proxyToken(deps, { actor, audience: audienceOf(community, upstream), lxm })
      const json = lexToJson(input.body as LexValue)
      const asked = {
        upstream,
        caller: String(actor.id),
        client: reply.raw,
        path: `/xrpc/${lxm}`,
        token,
        json,
      }
      const buffer = await askJson(deps.upstreams, asked)
      return { encoding: 'application/json; charset=utf-8', buffer }
    },
  })
