import { type Actor, findActor } from '@heronry/accounts/actor'
import { type AppPasswordGrant, findAppPasswordGrant } from '@heronry/accounts/find-app-password-grant'
import type { AccessScope } from '@heronry/accounts/tokens'
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
} from './authenticator.ts'
import { requireAuthorization, requireBearer } from './authorization-header.ts'
import { permissionsOf } from './permissions.ts'
import { createTokenVerifier, type SessionToken, type TokenVerifier } from './token.ts'

/** Which sessions a method accepts: account passwords only, privileged app passwords too, or all. */
export type SessionReach = 'full' | 'privileged' | 'standard'

export interface SessionRequirements {
  readonly reach: SessionReach
  /** Also a session that a taken-down account may open to leave. */
  readonly acceptTakendown?: boolean
  /**
   * Also the session of an app password that is narrowed to some permissions: the method asserts them, or does nothing that needs one.
   */
  readonly acceptNarrowed?: boolean
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
    optional: (requirements) => {
      // It only reads, and what its owner may read anyway.
      const viewer = session({ ...requirements, acceptNarrowed: true })
      return async (request) => {
        if (request.authorization === undefined) return { type: 'none' }
        const { scheme } = requireAuthorization(request.authorization)
        return scheme === 'basic' ? admin(request) : viewer(request)
      }
    },
  }
}

interface Deps {
  db: Database
  resolver: DidResolver
  verify: TokenVerifier
}

const scopesWithin: Record<SessionReach, readonly AccessScope[]> = {
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
  const token = await verify(bearer, { typ: 'at+jwt', ...expectedAt(community) })
  const scope = acceptedScope(token, requirements)
  const [actor, grant] = await Promise.all([actorOf(db, community, token), grantOf(db, token)])
  if (grant !== undefined && grant.actorId !== actor.id) throw revoked()
  const permissions = permissionsOf(grant?.permissions ?? null)
  if (permissions !== null && !requirements.acceptNarrowed) throw badScope()
  return checked<SessionCredentials>({ type: 'session', actor, scope, permissions }, requirements)
}

function checked<C extends { readonly actor: Actor }>(credentials: C, requirements: SessionRequirements): C {
  if (requirements.refuseTakendown) refuseTakendown(credentials.actor)
  if (requirements.refuseDeactivated) refuseDeactivated(credentials.actor)
  return credentials
}

function acceptedScope(token: SessionToken, { reach, acceptTakendown }: SessionRequirements): AccessScope {
  const accepted: string[] = [...scopesWithin[reach]]
  if (acceptTakendown) accepted.push('com.atproto.takendown')
  if (!accepted.includes(token.scope)) throw badScope()
  return token.scope as AccessScope
}

/**
 * What the app password of a token may do; undefined for the account's own password. A token that does not name its app password is one that was
 * imported: its refresh token yields one that does.
 */
async function grantOf(db: Database, token: SessionToken): Promise<AppPasswordGrant | undefined> {
  if (!token.scope.startsWith('com.atproto.appPass')) return undefined
  const grant =
    token.appPasswordId === undefined ? undefined : await findAppPasswordGrant(db, token.appPasswordId)
  if (grant === undefined) throw revoked()
  return grant
}

async function authenticateRefresh(
  { db, verify }: Deps,
  { authorization, community }: CredentialRequest,
  acceptExpired: boolean,
): Promise<RefreshCredentials> {
  const bearer = requireBearer(authorization)
  const token = await verify(bearer, { typ: 'refresh+jwt', ...expectedAt(community), acceptExpired })
  if (token.scope !== 'com.atproto.refresh') throw badScope()
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
    throw revoked()
  }
  return actor
}

function expectedAt({ serviceDid, settings }: Community) {
  return { audience: serviceDid, legacy: settings.legacySessions }
}

function badScope(): HeronryError {
  return new HeronryError('InvalidToken', 'Bad token scope')
}

function revoked(): HeronryError {
  return new HeronryError('ExpiredToken', 'Token has been revoked')
}

function refuseTakendown({ status }: Actor): void {
  if (status === 'takendown' || status === 'suspended') {
    throw new HeronryError('AccountTakedown', 'Account has been taken down')
  }
}

function refuseDeactivated({ status }: Actor): void {
  if (status === 'deactivated') throw new HeronryError('AccountDeactivated', 'Account is deactivated')
}
