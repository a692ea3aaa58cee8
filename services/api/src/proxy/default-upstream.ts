import { InvalidRequestError } from '@atproto/xrpc-server'
import type { Community, ServiceAddress } from '@heronry/communities/community'
import type { Upstream, UpstreamKind } from './upstream.ts'

interface Route {
  /** Of the method's name. */
  readonly prefix: string
  readonly kind: UpstreamKind
  readonly serviceId: string
  readonly address: (settings: Community['settings']) => ServiceAddress | undefined
  /** What a client does where nothing is configured. */
  readonly advice?: string
}

/** Whom a call is for that names no service: the first that fits. */
const routes: readonly Route[] = [
  {
    prefix: 'com.atproto.moderation.createReport',
    kind: 'report',
    serviceId: 'atproto_labeler',
    address: (settings) => settings.reportService ?? moderation(settings),
  },
  { prefix: 'tools.ozone.', kind: 'moderation', serviceId: 'atproto_labeler', address: moderation },
  {
    prefix: 'chat.bsky.',
    kind: 'chat',
    serviceId: 'bsky_chat',
    address: ({ chatService }) => chatService,
    advice: 'name one with the header atproto-proxy: did:web:api.bsky.chat#bsky_chat',
  },
  { prefix: '', kind: 'appview', serviceId: 'bsky_appview', address: ({ appView }) => appView },
]

/** Throws `InvalidRequest` where the community has no service for the method. */
export function defaultUpstream({ settings }: Community, nsid: string): Upstream {
  const route = routes.find(({ prefix }) => nsid.startsWith(prefix))
  const address = route?.address(settings)
  if (route !== undefined && address !== undefined) return configured(route, address)
  const advice = route?.advice === undefined ? '' : `: ${route.advice}`
  throw new InvalidRequestError(`No service configured for ${nsid}${advice}`)
}

/** The community's AppView; undefined where it has none. */
export function appViewOf({ settings }: Community): Upstream | undefined {
  return settings.appView && configured({ kind: 'appview', serviceId: 'bsky_appview' }, settings.appView)
}

function configured(
  { kind, serviceId }: Pick<Route, 'kind' | 'serviceId'>,
  { did, url }: ServiceAddress,
): Upstream {
  return { kind, did, serviceId, origin: url, isConfigured: true }
}

function moderation({ modServiceDid: did, modServiceUrl: url }: Community['settings']) {
  return did && url ? { did, url } : undefined
}
