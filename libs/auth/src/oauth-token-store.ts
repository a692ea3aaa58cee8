import { REFRESH_LIFETIME_EXTENDED, SESSION_LIFETIME_EXTENDED } from '@atproto/oauth-provider/constants'
import type { Account, TokenData, TokenId, TokenInfo, TokenStore } from '@atproto/oauth-provider/store'
import { isBarred } from '@heronry/accounts/barred'
import {
  endOAuthSession,
  openOAuthSession,
  rotateOAuthSession,
  type SessionEnd,
} from '@heronry/accounts/change-oauth-session'
import {
  findOAuthSession,
  findRefreshableSession,
  listOAuthSessions,
  type OAuthSession,
} from '@heronry/accounts/oauth-session'
import type { Community } from '@heronry/communities/community'
import { sha256 } from '@heronry/core/cid'
import type { Did } from '@heronry/core/did'
import type { Database } from '@heronry/db/database'
import { barredGrant, raceLost } from './oauth-refusals.ts'

export interface TokenStoreDeps {
  readonly db: Database
  readonly community: Pick<Community, 'id'>
  /** The provider's view of an account that the community hosts. */
  readonly accountOf: (did: Did) => Promise<Account>
  readonly ends: SessionEnds
}

/** Why sessions end, which the provider does not tell its store: what it has been asked for does. */
export interface SessionEnds {
  /** A code or a refresh token came that was used before. */
  noteReplay(): void
  current(): SessionEnd
}

/**
 * A community's OAuth sessions, as its provider keeps them. Of codes and refresh tokens there are hashes alone: a row that is read gives
 * back the one that it was found by.
 *
 * Of two refreshes with one token that come at the same time one wins. The other is told to come again, and neither loses the session: the
 * provider takes any `invalid_grant` for the end, and a used token for a stolen one. That it is, once the race is over (oauthRefreshRaceMs).
 */
export function createOAuthTokenStore({ db, community, accountOf, ends }: TokenStoreDeps): TokenStore {
  const communityId = community.id
  const infoOf = async (session: OAuthSession | undefined, found: FoundBy = {}): Promise<TokenInfo | null> =>
    session === undefined ? null : tokenInfo(session, await accountOf(session.actor.did), found)
  return {
    async createToken(tokenId, data, refreshToken) {
      const { opened } = await openOAuthSession(db, {
        ...sessionOf(data),
        communityId,
        tokenId,
        scope: data.scope,
        refreshHash: refreshToken === undefined ? null : hashed(refreshToken),
        codeHash: data.code === null ? null : hashed(data.code),
        forgetAt: refreshToken === undefined ? data.expiresAt : forgetAt(data),
      })
      if (!opened) throw barredGrant()
    },
    readToken: async (tokenId) => infoOf(await findOAuthSession(db, { communityId, tokenId })),
    deleteToken: (tokenId) => endOAuthSession(db, { communityId, tokenId, end: ends.current() }),
    async rotateToken(tokenId, newTokenId, newRefreshToken, newData) {
      const { clientAuth, scope, updatedAt, expiresAt } = newData
      const rotated = await rotateOAuthSession(db, {
        ...{ communityId, tokenId, newTokenId, clientAuth, scope, updatedAt, expiresAt },
        newRefreshHash: hashed(newRefreshToken),
        forgetAt: ({ createdAt }) => forgetAt({ createdAt, updatedAt }),
      })
      if (!rotated) throw raceLost()
    },
    async findTokenByRefreshToken(refreshToken) {
      const found = await findRefreshableSession(db, { communityId, refreshHash: hashed(refreshToken) })
      if (found?.token === 'justUsed') throw raceLost()
      if (found?.token === 'used') ends.noteReplay()
      if (found?.token === 'current' && isBarred(found.actor.status)) throw barredGrant()
      return infoOf(found, found?.token === 'current' ? { refreshToken } : {})
    },
    async findTokenByCode(code) {
      const found = await findOAuthSession(db, { communityId, codeHash: hashed(code) })
      if (found !== undefined) ends.noteReplay()
      return infoOf(found, { code })
    },
    async listAccountTokens(did) {
      const sessions = await listOAuthSessions(db, { communityId, did })
      if (sessions.length === 0) return []
      const account = await accountOf(did as Did)
      return sessions.map((session) => tokenInfo(session, account, {}))
    },
  }
}

/** What a session was found by: it is kept hashed. */
interface FoundBy {
  readonly refreshToken?: TokenInfo['currentRefreshToken']
  readonly code?: TokenData['code']
}

function tokenInfo(session: OAuthSession, account: Account, { refreshToken, code }: FoundBy): TokenInfo {
  const { tokenId, actor, clientId, clientAuth, deviceId, parameters, scope } = session
  const { createdAt, updatedAt, expiresAt } = session
  const data: TokenData = {
    ...{ createdAt, updatedAt, expiresAt, scope, clientId, details: null },
    clientAuth: clientAuth as TokenData['clientAuth'],
    deviceId: deviceId as TokenData['deviceId'],
    did: actor.did as TokenData['did'],
    parameters: parameters as TokenData['parameters'],
    code: code ?? null,
  }
  return { id: tokenId as TokenId, data, account, currentRefreshToken: refreshToken ?? null }
}

function sessionOf(data: TokenData) {
  const { did, clientId, clientAuth, deviceId, parameters, createdAt, updatedAt, expiresAt } = data
  const jkt = parameters.dpop_jkt ?? null
  return { did, clientId, clientAuth, deviceId, parameters, jkt, createdAt, updatedAt, expiresAt }
}

/** When no client can refresh it any more, of whatever kind it is. */
function forgetAt({ createdAt, updatedAt }: Pick<TokenData, 'createdAt' | 'updatedAt'>): Date {
  const unused = updatedAt.getTime() + REFRESH_LIFETIME_EXTENDED
  return new Date(Math.min(unused, createdAt.getTime() + SESSION_LIFETIME_EXTENDED))
}

function hashed(secret: string): Uint8Array {
  return sha256(Buffer.from(secret))
}
