import { type Actor, findActor } from '@heronry/accounts/actor'
import { isKnownAdminPassword, verifyAdminPassword } from '@heronry/communities/admin-password'
import type { Community } from '@heronry/communities/community'
import { HeronryError } from '@heronry/core/error'
import type { Database } from '@heronry/db/database'
import type { DidResolver } from '@heronry/identity/did-resolver'
import type { JWTVerifyGetKey } from 'jose'
import { AdminGuesses } from './admin-guesses.ts'
import { authenticateDelegate, authenticateService, isSessionToken } from './authenticate-service.ts'
import type {
  AdminCredentials,
  Authenticator,
  CredentialRequest,
  DelegatedCredentials,
  NoCredentials,
  RefreshCredentials,
  ServiceCredentials,
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
  /** A DID's service token for the method `lxm`, once. */
  serviceToken(options: { lxm: string }): Authenticator<ServiceCredentials>
  /** Anybody; who brings a service token or the admin password is known by it. */
  optionalService(options: {
    lxm: string
  }): Authenticator<ServiceCredentials | AdminCredentials | NoCredentials>
  /** A session, or a service token that its account let another service have for the method that is called. */
  sessionOrService(
    requirements: SessionRequirements,
  ): Authenticator<SessionCredentials | DelegatedCredentials>
  /** Anybody; who brings a session or the admin password is known by it. */
  optional(
    requirements: SessionRequirements,
  ): Authenticator<SessionCredentials | AdminCredentials | NoCredentials>
}

export interface AuthOptions {
  readonly db: Database
  /** The keys that sessions are signed with, by `kid` (jose's `createLocalJWKSet`). */
  readonly keys: JWTVerifyGetKey
  /** Finds the keys that service tokens are signed with. */
  readonly resolver: DidResolver
}

/** The authenticators of every method. Each looks at the account's state as it is now, not as it was at sign-in. */
export function createAuth({ db, keys, resolver }: AuthOptions): Auth {
  const deps = { db, resolver, verify: createTokenVerifier(keys) }
  const guesses = new AdminGuesses()
  const admin = (request: CredentialRequest) => authenticateAdmin(guesses, request)
  const session = (requirements: SessionRequirements) => (request: CredentialRequest) =>
    authenticateSession(deps, request, requirements)
  return {
    session,
    refresh:
      ({ acceptExpired = false } = {}) =>
      (request) =>
        authenticateRefresh(deps, request, acceptExpired),
    admin,
    serviceToken:
      ({ lxm }) =>
      (request) =>
        authenticateService(deps, request, lxm),
    optionalService:
      ({ lxm }) =>
      async (request) => {
        if (request.authorization === undefined) return { type: 'none' }
        const { scheme } = requireAuthorization(request.authorization)
        return scheme === 'basic' ? admin(request) : authenticateService(deps, request, lxm)
      },
    sessionOrService: (requirements) => async (request) =>
      isSessionToken(requireBearer(request.authorization))
        ? session(requirements)(request)
        : checked(await authenticateDelegate(deps, request), requirements),
    optional: (requirements) => async (request) => {
      if (request.authorization === undefined) return { type: 'none' }
      const { scheme } = requireAuthorization(request.authorization)
      return scheme === 'basic' ? admin(request) : session(requirements)(request)
    },
  }
}

interface Deps {
  db: Database
  resolver: DidResolver
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
  return checked<SessionCredentials>(
    { type: 'session', actor, scope: token.scope as SessionScope },
    requirements,
  )
}

function checked<C extends { readonly actor: Actor }>(credentials: C, requirements: SessionRequirements): C {
  if (requirements.refuseTakendown) refuseTakendown(credentials.actor)
  if (requirements.refuseDeactivated) refuseDeactivated(credentials.actor)
  return credentials
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

async function authenticateAdmin(
  guesses: AdminGuesses,
  { authorization, community, client }: CredentialRequest,
): Promise<AdminCredentials> {
  const { scheme, credentials } = requireAuthorization(authorization)
  const [user, ...rest] = Buffer.from(credentials, 'base64').toString().split(':')
  const password = rest.join(':')
  const isBasic = scheme === 'basic' && user === 'admin'
  const isAdmin = await guesses.count(`${community.id} ${client}`, {
    isKnown: () => isBasic && isKnownAdminPassword(community, password),
    isRight: async () => isBasic && (await verifyAdminPassword(community, password)),
  })
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
