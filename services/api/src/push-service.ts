import { type LexValue, lexToJson } from '@atproto/lex'
import { InvalidRequestError } from '@atproto/xrpc-server'
import type { MemberCredentials } from '@heronry/auth/authenticator'
import { assertPermitted } from '@heronry/auth/permissions'
import type { Community } from '@heronry/communities/community'
import type { Did } from '@heronry/core/did'
import type { DidResolver } from '@heronry/identity/did-resolver'
import { documentService } from '@heronry/identity/document-keys'
import type { FastifyReply } from 'fastify'
import { askJson } from './proxy/ask-json.ts'
import { appViewOf } from './proxy/default-upstream.ts'
import { resolved } from './proxy/find-upstream.ts'
import type { ProxyDeps } from './proxy/proxy.ts'
import { audienceOf, proxyToken } from './proxy/proxy-token.ts'
import { permittedAudience, type Upstream } from './proxy/upstream.ts'

const serviceId = 'bsky_notif'

export interface PushCall {
  readonly lxm: string
  readonly body: { readonly serviceDid: string }
  readonly session: MemberCredentials
  readonly community: Community
  readonly reply: FastifyReply
}

/** Tells a notification service, which the body names, of a device that wants or no longer wants its notifications. */
export async function tellPushService(deps: ProxyDeps, call: PushCall): Promise<undefined> {
  const { lxm, body, session, community, reply } = call
  const { actor } = session
  const did = body.serviceDid as Did
  assertPermitted(session, { rpc: { aud: permittedAudience({ did, serviceId }), lxm } })
  const upstream = await pushService(deps.resolver, { community, did })
  const audience = audienceOf(community, { did, serviceId })
  const token = await proxyToken(deps, { actor, audience, lxm })
  const json = lexToJson(body as unknown as LexValue)
  const path = `/xrpc/${lxm}`
  await askJson(deps.upstreams, { upstream, caller: String(actor.id), client: reply.raw, path, token, json })
  return undefined
}

async function pushService(
  resolver: DidResolver,
  { community, did }: { community: Community; did: Did },
): Promise<Upstream> {
  const appView = appViewOf(community)
  if (appView?.did === did) return appView
  const document = await resolved(resolver, did)
  if (document === null) throw new InvalidRequestError(`could not resolve did document: ${did}`)
  const service = documentService(document, serviceId)
  if (service?.type !== 'BskyNotificationService') {
    throw new InvalidRequestError(`invalid notification service details in did document: ${did}`)
  }
  return { kind: 'push', did, serviceId, origin: service.origin, isConfigured: false }
}
