import { assertPermitted, type Permissions } from '@heronry/auth/permissions'
import type { Community } from '@heronry/communities/community'
import type { FastifyRequest } from 'fastify'
import { appViewOf } from './proxy/default-upstream.ts'
import { readProxyHeader } from './proxy/proxy-header.ts'
import { permittedAudience } from './proxy/upstream.ts'

interface Asked {
  readonly req: FastifyRequest
  readonly community: Community
}

/** Whether a call of a method that we answer in the AppView's place is for another service by its header. */
export function isForAnother({ req, community }: Asked): boolean {
  const header = req.headers['atproto-proxy']
  if (header === undefined) return false
  const { did, serviceId } = readProxyHeader(String(header))
  const appView = appViewOf(community)
  return did !== appView?.did || serviceId !== appView.serviceId
}

/** As if the AppView were asked; any, where the community has none. */
export function assertMayAskAppView(
  session: { readonly permissions: Permissions },
  { community, lxm }: { community: Community; lxm: string },
): void {
  const appView = appViewOf(community)
  const aud = appView === undefined ? '*' : permittedAudience(appView)
  assertPermitted(session, { rpc: { aud, lxm } })
}
