import { verifyAdminPassword } from '@heronry/communities/admin-password'
import { HeronryError } from '@heronry/core/error'
import type { Database } from '@heronry/db/database'
import type { JWTVerifyGetKey } from 'jose'
import { authenticateLogOut, authenticateRefresh } from './authenticate-refresh.ts'
import { authenticateSession, findSession, type SessionRequirements } from './authenticate-session.ts'
import type {
  AdminCredentials,
  Authenticator,
  CredentialRequest,
  LogOutCredentials,
  NoCredentials,
  RefreshCredentials,
  SessionCredentials,
} from './authenticator.ts'
import { requireAuthorization } from './authorization-header.ts'
import { createTokenVerifier } from './token.ts'

export interface Auth {
  session(requirements: SessionRequirements): Authenticator<SessionCredentials>
  refresh(): Authenticator<RefreshCredentials>
  /** A refresh token that has run out, was revoked, or is of an account that is gone, will do to log out. */
  readonly logOut: Authenticator<LogOutCredentials>
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
  return {
    session: (requirements) => (request) => authenticateSession(deps, request, requirements),
    refresh: () => (request) => authenticateRefresh(deps, request),
    logOut: (request) => authenticateLogOut(deps, request),
    admin: authenticateAdmin,
    optional: (requirements) => async (request) => {
      if (request.authorization === undefined) return { type: 'none' }
      const { scheme } = requireAuthorization(request.authorization)
      if (scheme === 'basic') return authenticateAdmin(request)
      // It only reads, and what a session's owner may read anyway.
      const accepted = { ...requirements, acceptNarrowed: true }
      return (await findSession(deps, request, accepted)).session ?? { type: 'none' }
    },
  }
}

async function authenticateAdmin({ authorization, community }: CredentialRequest): Promise<AdminCredentials> {
  const { scheme, credentials } = requireAuthorization(authorization)
  const [user, ...password] = Buffer.from(credentials, 'base64').toString().split(':')
  const isAdmin =
    scheme === 'basic' && user === 'admin' && (await verifyAdminPassword(community, password.join(':')))
  if (!isAdmin) throw new HeronryError('AuthenticationRequired', 'Authentication Required')
  return { type: 'admin' }
}
