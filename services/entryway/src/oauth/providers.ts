import { isDeepStrictEqual } from 'node:util'
import { oauthMiddleware } from '@atproto/oauth-provider/middleware'
import {
  AccessTokenMode,
  type ClientJwksCache,
  type ClientMetadataCache,
  JoseKey,
  Keyset,
  type LexResolver,
  type OAuthProvider,
} from '@atproto/oauth-provider/provider'
import { createOAuthTokenStore } from '@heronry/auth/oauth-token-store'
import type { Replays } from '@heronry/auth/replays'
import type { Community } from '@heronry/communities/community'
import type { CommunityId } from '@heronry/core/ids'
import type { Logger } from '@heronry/telemetry/logger'
import { LRUCache } from 'lru-cache'
import { clientCacheBytesMax, clientCacheTtlMs, providersMax } from '../limits.ts'
import { accountOf, requireMember } from './account-of.ts'
import { type AccountStoreDeps, createAccountStore } from './account-store.ts'
import { brandingOf } from './branding.ts'
import { createDeviceStore } from './device-store.ts'
import { createHooks, type HookDeps } from './hooks.ts'
import { HouseProvider } from './house-provider.ts'
import { createLexiconStore } from './lexicon-store.ts'
import { providerReplays } from './provider-replays.ts'
import { createRequestStore } from './request-store.ts'
import { sessionEnds } from './session-ends.ts'
import { sharedCache } from './shared-cache.ts'
import { withOAuthErrors } from './store-errors.ts'
import { untilCutOff } from './until-cut-off.ts'

export type OAuthHandler = ReturnType<typeof oauthMiddleware>

/** The OAuth provider of each community, made when it is first asked for, and anew when the community has changed. */
export interface Providers {
  of(community: Community): Promise<OAuthProvider>
  /** As it answers HTTP. */
  handlerOf(community: Community): Promise<OAuthHandler>
}

export interface ProviderParts extends HookDeps {
  /** Of the stores. */
  readonly members: Omit<AccountStoreDeps, 'community'>
  /** Private JWKs of ES256: the first signs, all are published. */
  readonly tokenKeys: readonly object[]
  readonly dpopSecret: Uint8Array
  readonly replays: Replays
  readonly permissionSets: LexResolver
  /** For what apps say of themselves. */
  readonly fetch: typeof globalThis.fetch
  readonly hcaptcha: { siteKey: string; secretKey: string; tokenSalt: string } | undefined
  readonly logger: Logger
}

interface Made {
  readonly community: Community
  readonly provider: OAuthProvider
  readonly handler: OAuthHandler
}

export function createProviders(parts: ProviderParts): Providers {
  const keyset = importKeys(parts.tokenKeys)
  const shared = {
    clientJwksCache: sharedCache({ bytesMax: clientCacheBytesMax, ttlMs: clientCacheTtlMs }),
    clientMetadataCache: sharedCache({ bytesMax: clientCacheBytesMax, ttlMs: clientCacheTtlMs }),
  } as Shared
  const made = new LRUCache<CommunityId, Made>({ max: providersMax })
  const of = async (community: Community): Promise<Made> => {
    const keys = await keyset
    const known = made.get(community.id)
    if (known?.community === community) return known
    // The directory reads all communities anew when one has changed.
    const isSame = known !== undefined && isDeepStrictEqual(known.community, community)
    const current = isSame ? { ...known, community } : make(parts, { ...shared, keyset: keys, community })
    made.set(community.id, current)
    return current
  }
  return {
    of: async (community) => (await of(community)).provider,
    handlerOf: async (community) => (await of(community)).handler,
  }
}

interface Shared {
  readonly clientJwksCache: ClientJwksCache
  readonly clientMetadataCache: ClientMetadataCache
}

function make(
  parts: ProviderParts,
  { community, ...shared }: Shared & { keyset: Keyset; community: Community },
): Made {
  const { members, replays, permissionSets, fetch, dpopSecret, hcaptcha, logger } = parts
  const { db } = members
  const { publicUrl, handleDomains, settings } = community
  const provider = new HouseProvider({
    ...shared,
    ...createHooks(parts, community),
    issuer: publicUrl,
    accessTokenMode: AccessTokenMode.stateful,
    metadata: { protected_resources: [publicUrl as `https://${string}`] },
    dpopSecret,
    accountStore: withOAuthErrors(createAccountStore({ ...members, community })),
    deviceStore: withOAuthErrors(createDeviceStore({ db, community })),
    requestStore: withOAuthErrors(untilCutOff(createRequestStore({ db, community }), 'deleteRequest')),
    lexiconStore: withOAuthErrors(createLexiconStore({ db, community })),
    tokenStore: withOAuthErrors(untilCutOff(tokenStore(parts, community), 'deleteToken')),
    replayStore: withOAuthErrors(providerReplays(replays.of(community.id))),
    safeFetch: fetch,
    lexResolver: permissionSets,
    branding: brandingOf(community),
    availableUserDomains: [...handleDomains],
    inviteCodeRequired: settings.inviteRequired,
    show2FaWarningOnEmailUpdate: true,
    ...(hcaptcha && { hcaptcha: { ...hcaptcha } }),
  })
  const handler = oauthMiddleware(provider, {
    // Not the provider's own message: it has the query of the URL in it.
    onError: (_request, _response, error) => {
      const isOurs = (error as { status?: number } | undefined)?.status ?? 500
      const fields = { err: error, community: community.slug }
      logger[isOurs >= 500 ? 'error' : 'debug'](fields, 'OAuth request failed')
    },
  })
  return { community, provider, handler }
}

function tokenStore({ members: { db } }: ProviderParts, community: Community) {
  return createOAuthTokenStore({
    ...{ db, community },
    accountOf: async (did) => accountOf(await requireMember(db, { community, did }), community),
    ends: sessionEnds,
  })
}

async function importKeys(keys: readonly object[]): Promise<Keyset> {
  return new Keyset(
    await Promise.all(keys.map((key) => JoseKey.fromJWK({ ...key, alg: 'ES256', key_ops: ['sign'] }))),
  )
}
