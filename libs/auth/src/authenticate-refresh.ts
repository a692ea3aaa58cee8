import { findActor } from '@heronry/accounts/actor'
import { HeronryError } from '@heronry/core/error'
import { badScope, expectedAt, nobody, refuseRevoked, type SessionDeps } from './authenticate-session.ts'
import type { CredentialRequest, LogOutCredentials, RefreshCredentials } from './authenticator.ts'
import { requireBearer } from './authorization-header.ts'

export async function authenticateRefresh(
  deps: SessionDeps,
  request: CredentialRequest,
): Promise<RefreshCredentials> {
  const { token, actor, sessionId } = await readRefreshToken(deps, request, { acceptExpired: false })
  if (actor === undefined) throw nobody(token.did)
  refuseRevoked(actor, token)
  return { type: 'refresh', actor, sessionId }
}

/** A refresh token that has run out, was revoked, or is of an account that is gone, will do to log out. */
export async function authenticateLogOut(
  deps: SessionDeps,
  request: CredentialRequest,
): Promise<LogOutCredentials> {
  const { actor, sessionId } = await readRefreshToken(deps, request, { acceptExpired: true })
  return { type: 'logOut', actor, sessionId }
}

async function readRefreshToken(
  { db, verify }: SessionDeps,
  { authorization, community }: CredentialRequest,
  { acceptExpired }: { acceptExpired: boolean },
) {
  const bearer = requireBearer(authorization)
  const token = await verify(bearer, { typ: 'refresh+jwt', ...expectedAt(community), acceptExpired })
  if (token.scope !== 'com.atproto.refresh') throw badScope()
  if (token.id === undefined) throw new HeronryError('MissingTokenId', 'Unexpected missing refresh token id')
  const actor = await findActor(db, { communityId: community.id, didOrHandle: token.did })
  return { token, actor, sessionId: token.id }
}
