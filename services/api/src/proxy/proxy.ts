import type { MemberCredentials } from '@heronry/auth/authenticator'
import type { Auth } from '@heronry/auth/create-auth'
import { isPrivilegedMethod, isProtectedMethod } from '@heronry/auth/method-classes'
import { assertPermitted } from '@heronry/auth/permissions'
import type { Community } from '@heronry/communities/community'
import { HeronryError } from '@heronry/core/error'
import type { DidResolver } from '@heronry/identity/did-resolver'
import type { CatchAll, CatchAllCall } from '@heronry/xrpc/catch-all'
import { clientKey } from '@heronry/xrpc/client-key'
import { readAfterWrite } from '../read-after-write/read-after-write.ts'
import { appViewOf, defaultUpstream } from './default-upstream.ts'
import { FeedDids, feed } from './feed-did.ts'
import { findUpstream } from './find-upstream.ts'
import { passOn } from './pass-on.ts'
import { type NamedService, readProxyHeader } from './proxy-header.ts'
import { audienceOf, proxyToken, type TokenDeps } from './proxy-token.ts'
import { permittedAudience, type Upstream } from './upstream.ts'
import type { Upstreams } from './upstreams.ts'

export interface ProxyDeps extends TokenDeps {
  readonly auth: Auth
  readonly resolver: DidResolver
  readonly upstreams: Upstreams
}

/** Whose calls are passed on: of an account that is here and active (https://atproto.com/specs/xrpc#service-proxying). */
export const mayBeProxied = {
  reach: 'standard',
  acceptNarrowed: true,
  refuseTakendown: true,
  refuseDeactivated: true,
} as const

/**
 * Every method that is not ours: for the service that `atproto-proxy` names, or the one that the community has for it, in the caller's name.
 *
 * Invariant: nothing is looked up on the network for somebody who may not call.
 */
export function proxyCalls(deps: ProxyDeps): CatchAll {
  const authenticate = deps.auth.session(mayBeProxied)
  const feeds = new FeedDids(deps.upstreams)
  return async (call) => {
    const { nsid, community, req, reply } = call
    if (isProtectedMethod(nsid)) throw badMethod()
    const target = targetOf(call)
    reply.header('cache-control', 'private').header('vary', 'Authorization')
    const { authorization } = req.headers
    const client = clientKey(req)
    const session = await authenticate({ authorization, community, nsid, client, message: req.raw })
    assertMayAsk(session, { nsid, target })
    const { actor } = session
    const caller = String(actor.id)
    const upstream = await locate(deps.resolver, { community, target })
    const purpose =
      nsid === feed.nsid
        ? await feedPurpose(feeds, { call, caller, upstream })
        : { lxm: nsid, service: upstream }
    const audience = audienceOf(community, purpose.service)
    const [token, mending] = await Promise.all([
      proxyToken(deps, { actor, audience, lxm: purpose.lxm }),
      readAfterWrite(deps, { call, actor, upstream, caller }),
    ])
    await passOn(deps.upstreams, { call, upstream, caller, token, mending })
    return reply
  }
}

/** The AppView passes the token on to the feed's own service. */
async function feedPurpose(
  feeds: FeedDids,
  {
    call: { req, reply, community },
    caller,
    upstream,
  }: { call: CatchAllCall; caller: string; upstream: Upstream },
) {
  const appView = appViewOf(community) ?? upstream
  const did = await feeds.find({ url: req.raw.url ?? '', appView, caller, client: reply.raw })
  return { lxm: feed.lxm, service: { did, serviceId: feed.serviceId } }
}

/** Whom a call is for: named, and to be looked up once it is known who asks; or configured. */
export type Target = NamedService | Upstream

export function targetOf({ nsid, community, req }: Pick<CatchAllCall, 'nsid' | 'req' | 'community'>): Target {
  const header = req.headers['atproto-proxy']
  return header === undefined ? defaultUpstream(community, nsid) : readProxyHeader(String(header))
}

export async function locate(
  resolver: DidResolver,
  { community, target }: { community: Community; target: Target },
): Promise<Upstream> {
  return 'origin' in target ? target : await findUpstream(resolver, { community, named: target })
}

/** An app password needs its privilege for some; a session that is narrowed, or an OAuth client, the permission to ask that service. */
function assertMayAsk(session: MemberCredentials, { nsid, target }: { nsid: string; target: Target }): void {
  const isAppPass = session.type === 'session' && session.scope === 'com.atproto.appPass'
  if (isAppPass && isPrivilegedMethod(nsid)) throw badMethod()
  const aud = permittedAudience(target)
  for (const lxm of nsid === feed.nsid ? [nsid, feed.lxm] : [nsid])
    assertPermitted(session, { rpc: { aud, lxm } })
}

function badMethod(): HeronryError {
  return new HeronryError('InvalidToken', 'Bad token method')
}
