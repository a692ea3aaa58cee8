import { type Actor, findActor } from '@heronry/accounts/actor'
import { verifyAdminPassword } from '@heronry/communities/admin-password'
import type { Community } from '@heronry/communities/community'
import { HeronryError } from '@heronry/core/error'
import type { Database } from '@heronry/db/database'
import type { JWTVerifyGetKey } from 'jose'
import type {
  AdminCredentials,
  Authenticator,
  CredentialRequest,
  NoCredentials,
  RefreshCredentials,
  SessionCredentials,
  SessionScope,
} from './authenticator.ts'
import { requireAuthorization, requireBearer } from './authorization-header.ts'
import { createTokenVerifier, type SessionToken, type TokenVerifier } from './token.ts'

/** Which sessions a method accepts: account passwords only, privileged app passwords too, or all. */
export type SessionReach = 'full' | 'privileged' | 'standard'

export interface SessionRequirements {
  readonly reach: SessionReach
  /** Also a session that a taken-down account may open to leave. */
  readonly acceptTakendown?: boolean
  readonly refuseTakendown?: boolean
  readonly refuseDeactivated?: boolean
}

export interface Auth {
  session(requirements: SessionRequirements): Authenticator<SessionCredentials>
  refresh(options?: { acceptExpired?: boolean }): Authenticator<RefreshCredentials>
  readonly admin: Authenticator<AdminCredentials>
  /** Anybody; who brings a session or the admin password is known by it. */
  optional(
    requirements: SessionRequirements,
  ): Authenticator<SessionCredentials | AdminCredentials | NoCredentials>
}

export interface AuthOptions {
  readonly db: Database
  /** The keys that sessions are signed with, by `kid` (jose's `createLocalJWKSet`). */
  readonly keys: JWTVerifyGetKey
}

/** The authenticators of every method. Each looks at the account's state as it is now, not as it was at sign-in. */
export function createAuth({ db, keys }: AuthOptions): Auth {
  const deps = { db, verify: createTokenVerifier(keys) }
  const session = (requirements: SessionRequirements) => (request: CredentialRequest) =>
    authenticateSession(deps, request, requirements)
  return {
    session,
    refresh:
      ({ acceptExpired = false } = {}) =>
      (request) =>
        authenticateRefresh(deps, request, acceptExpired),
    admin: authenticateAdmin,
    optional: (requirements) => async (request) => {
      if (request.authorization === undefined) return { type: 'none' }
      const { scheme } = requireAuthorization(request.authorization)
      return scheme === 'basic' ? authenticateAdmin(request) : session(requirements)(request)
    },
  }
}

interface Deps {
  db: Database
  verify: TokenVerifier
}

const scopesWithin: Record<SessionReach, readonly SessionScope[]> = {
  full: ['com.atproto.access'],
  privileged: ['com.atproto.access', 'com.atproto.appPassPrivileged'],
  standard: ['com.atproto.access', 'com.atproto.appPassPrivileged', 'com.atproto.appPass'],
}

async function authenticateSession(
  { db, verify }: Deps,
  { authorization, community }: CredentialRequest,
  requirements: SessionRequirements,
): Promise<SessionCredentials> {
  const bearer = requireBearer(authorization)
  const token = await verify(bearer, { typ: 'at+jwt', audience: community.serviceDid })
  const accepted: string[] = [...scopesWithin[requirements.reach]]
  if (requirements.acceptTakendown) accepted.push('com.atproto.takendown')
  if (!accepted.includes(token.scope)) throw new HeronryError('InvalidToken', 'Bad token scope')
  const actor = await actorOf(db, community, token)
  if (requirements.refuseTakendown) refuseTakendown(actor)
  if (requirements.refuseDeactivated) refuseDeactivated(actor)
  return { type: 'session', actor, scope: token.scope as SessionScope }
}

async function authenticateRefresh(
  { db, verify }: Deps,
  { authorization, community }: CredentialRequest,
  acceptExpired: boolean,
): Promise<RefreshCredentials> {
  const bearer = requireBearer(authorization)
  const expected = { typ: 'refresh+jwt', audience: community.serviceDid, acceptExpired } as const
  const token = await verify(bearer, expected)
  if (token.scope !== 'com.atproto.refresh') throw new HeronryError('InvalidToken', 'Bad token scope')
  if (token.id === undefined) throw new HeronryError('MissingTokenId', 'Unexpected missing refresh token id')
  return { type: 'refresh', actor: await actorOf(db, community, token), sessionId: token.id }
}

async function authenticateAdmin({ authorization, community }: CredentialRequest): Promise<AdminCredentials> {
  const { scheme, credentials } = requireAuthorization(authorization)
  const [user, ...password] = Buffer.from(credentials, 'base64').toString().split(':')
  const isAdmin =
    scheme === 'basic' && user === 'admin' && (await verifyAdminPassword(community, password.join(':')))
  if (!isAdmin) throw new HeronryError('AuthenticationRequired', 'Authentication Required')
  return { type: 'admin' }
}

async function actorOf(db: Database, community: Community, token: SessionToken): Promise<Actor> {
  const actor = await findActor(db, { communityId: community.id, didOrHandle: token.did })
  if (actor === undefined) throw new HeronryError('AccountNotFound', 'Account not found')
  if (actor.sessionsSince !== null && token.issuedAt < actor.sessionsSince.getTime()) {
    throw new HeronryError('ExpiredToken', 'Token has been revoked')
  }
  return actor
}

function refuseTakendown({ status }: Actor): void {
  if (status === 'takendown' || status === 'suspended') {
    throw new HeronryError('AccountTakedown', 'Account has been taken down')
  }
}

function refuseDeactivated({ status }: Actor): void {
  if (status === 'deactivated') throw new HeronryError('AccountDeactivated', 'Account is deactivated')
}
