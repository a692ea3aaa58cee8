import { isKnownAdminPassword, verifyAdminPassword } from '@heronry/communities/admin-password'
import { HeronryError } from '@heronry/core/error'
import type { Database } from '@heronry/db/database'
import type { DidResolver } from '@heronry/identity/did-resolver'
import type { JWTVerifyGetKey } from 'jose'
import { createAccessTokenVerifier } from './access-token.ts'
import { AdminGuesses } from './admin-guesses.ts'
import { authenticateModerator } from './authenticate-moderator.ts'
import { authenticateOAuth } from './authenticate-oauth.ts'
import { authenticateLogOut, authenticateRefresh } from './authenticate-refresh.ts'
import { authenticateDelegate, authenticateService, isSessionToken } from './authenticate-service.ts'
import {
  authenticateSession,
  checked,
  findSession,
  type SessionRequirements,
} from './authenticate-session.ts'
import type {
  AdminCredentials,
  Authenticator,
  CredentialRequest,
  DelegatedCredentials,
  LogOutCredentials,
  MemberCredentials,
  ModeratorCredentials,
  NoCredentials,
  RefreshCredentials,
  ServiceCredentials,
  SessionCredentials,
} from './authenticator.ts'
import { requireAuthorization, requireBearer } from './authorization-header.ts'
import { createDpopNonces } from './dpop-nonces.ts'
import { createProofVerifier } from './dpop-proof.ts'
import { isDpop } from './is-dpop.ts'
import type { Replays } from './replays.ts'
import { createTokenVerifier } from './token.ts'

export interface Auth {
  /** Its owner; where the method says that it accepts who is narrowed, an app, too. */
  session(requirements: SessionRequirements & { acceptNarrowed: true }): Authenticator<MemberCredentials>
  session(requirements: SessionRequirements): Authenticator<SessionCredentials>
  refresh(): Authenticator<RefreshCredentials>
  readonly logOut: Authenticator<LogOutCredentials>
  readonly admin: Authenticator<AdminCredentials>
  /** The administrator, or the community's moderation service. */
  readonly moderator: Authenticator<AdminCredentials | ModeratorCredentials>
  /** A DID's service token for the method `lxm`, once. */
  serviceToken(options: { lxm: string }): Authenticator<ServiceCredentials>
  /** Anybody; who brings a service token or the admin password is known by it. */
  optionalService(options: {
    lxm: string
  }): Authenticator<ServiceCredentials | AdminCredentials | NoCredentials>
  /** A session, or a service token that its account let another service have for the method that is called. */
  sessionOrService(requirements: SessionRequirements): Authenticator<MemberCredentials | DelegatedCredentials>
  /** A session, or the community's moderation service. */
  sessionOrModerator(
    requirements: SessionRequirements,
  ): Authenticator<MemberCredentials | ModeratorCredentials>
  /** Anybody; who brings a session or the admin password is known by it. */
  optional(
    requirements: SessionRequirements,
  ): Authenticator<MemberCredentials | AdminCredentials | NoCredentials>
}

export interface AuthOptions {
  readonly db: Database
  /** The keys that sessions are signed with, by `kid` (jose's `createLocalJWKSet`). */
  readonly keys: JWTVerifyGetKey
  /** Finds the keys that service tokens are signed with. */
  readonly resolver: DidResolver
  readonly dpop: {
    /** 32 bytes, the same in every process (`dpop-nonces.ts`). */
    readonly secret: Uint8Array
    readonly replays: Pick<Replays, 'of'>
  }
}

/** The authenticators of every method. Each looks at the account's state as it is now, not as it was at sign-in. */
export function createAuth({ db, keys, resolver, dpop }: AuthOptions): Auth {
  const deps = {
    ...{ db, resolver, replays: dpop.replays },
    verify: createTokenVerifier(keys),
    verifyAccessToken: createAccessTokenVerifier(keys),
    verifyProof: createProofVerifier({ nonces: createDpopNonces(dpop.secret) }),
  }
  const member = (
    request: CredentialRequest,
    requirements: SessionRequirements,
  ): Promise<MemberCredentials> =>
    isDpop(request.authorization)
      ? authenticateOAuth(deps, request, requirements)
      : authenticateSession(deps, request, requirements)
  const guesses = new AdminGuesses()
  const admin = (request: CredentialRequest) => authenticateAdmin(guesses, request)
  return {
    session: (requirements) => (request) => member(request, requirements) as Promise<never>,
    refresh: () => (request) => authenticateRefresh(deps, request),
    logOut: (request) => authenticateLogOut(deps, request),
    admin,
    moderator: async (request) =>
      requireAuthorization(request.authorization).scheme === 'bearer'
        ? authenticateModerator(deps, request)
        : admin(request),
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
      isDpop(request.authorization) || isSessionToken(requireBearer(request.authorization))
        ? member(request, requirements)
        : checked(await authenticateDelegate(deps, request), requirements),
    sessionOrModerator: (requirements) => async (request) =>
      isDpop(request.authorization) || isSessionToken(requireBearer(request.authorization))
        ? member(request, requirements)
        : authenticateModerator(deps, request),
    optional: (requirements) => async (request) => {
      if (request.authorization === undefined) return { type: 'none' }
      const { scheme } = requireAuthorization(request.authorization)
      if (scheme === 'basic') return admin(request)
      // It only reads, and what a session's owner may read anyway.
      const accepted = { ...requirements, acceptNarrowed: true }
      if (scheme === 'dpop') return authenticateOAuth(deps, request, accepted)
      return (await findSession(deps, request, accepted)).session ?? { type: 'none' }
    },
  }
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
