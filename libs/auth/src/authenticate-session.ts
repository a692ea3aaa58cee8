import { type Actor, findActor } from '@heronry/accounts/actor'
import { isBarred, takenDown } from '@heronry/accounts/barred'
import { type AppPasswordGrant, findAppPasswordGrant } from '@heronry/accounts/find-app-password-grant'
import type { AccessScope } from '@heronry/accounts/tokens'
import type { Community } from '@heronry/communities/community'
import type { Did } from '@heronry/core/did'
import { HeronryError } from '@heronry/core/error'
import type { Database } from '@heronry/db/database'
import type { CredentialRequest, SessionCredentials } from './authenticator.ts'
import { requireBearer } from './authorization-header.ts'
import { permissionsOf } from './permissions.ts'
import type { SessionToken, TokenVerifier } from './token.ts'

/** Which sessions a method accepts: account passwords only, privileged app passwords too, or all. */
export type SessionReach = 'full' | 'privileged' | 'standard'

export interface SessionRequirements {
  readonly reach: SessionReach
  /** Also a session that a taken-down account may open to leave. */
  readonly acceptTakendown?: boolean
  /**
   * Also who is narrowed to some permissions, a session of an app password or an app (OAuth): the method asserts them, or does nothing that
   * needs one.
   */
  readonly acceptNarrowed?: boolean
  /** What an app is told where the method is none for apps, if it has words of its own for that. */
  readonly oauthRefusal?: string
  readonly refuseTakendown?: boolean
  readonly refuseDeactivated?: boolean
  /** What is said of an account that is gone, where the method has words of its own for it. */
  readonly ifGone?: () => HeronryError
}

export interface SessionDeps {
  readonly db: Database
  readonly verify: TokenVerifier
}

export async function authenticateSession(
  deps: SessionDeps,
  request: CredentialRequest,
  requirements: SessionRequirements,
): Promise<SessionCredentials> {
  const { session, did } = await findSession(deps, request, requirements)
  if (session !== undefined) return session
  if (requirements.ifGone !== undefined) throw requirements.ifGone()
  if (requirements.refuseTakendown || requirements.refuseDeactivated) {
    throw new HeronryError('AccountNotFound', 'Account not found')
  }
  throw nobody(did)
}

/** No session where the account is gone. */
export async function findSession(
  { db, verify }: SessionDeps,
  { authorization, community }: CredentialRequest,
  requirements: SessionRequirements,
): Promise<{ did: Did; session?: SessionCredentials }> {
  const token = await verify(requireBearer(authorization), { typ: 'at+jwt', ...expectedAt(community) })
  const { did } = token
  const scope = acceptedScope(token, requirements)
  const [actor, grant] = await Promise.all([
    findActor(db, { communityId: community.id, didOrHandle: did }),
    grantOf(db, token),
  ])
  if (actor === undefined) return { did }
  refuseRevoked(actor, token)
  if (grant !== null && grant?.actorId !== actor.id) throw revoked()
  const permissions = permissionsOf(grant?.permissions ?? null)
  if (permissions !== null && !requirements.acceptNarrowed) throw badScope()
  const session: SessionCredentials = { type: 'session', actor, scope, permissions }
  return { did, session: checked(session, requirements) }
}

/** Refuses an account whose state the method does not accept. */
export function checked<C extends { readonly actor: Actor }>(
  credentials: C,
  { refuseTakendown, refuseDeactivated }: SessionRequirements,
): C {
  const { status } = credentials.actor
  if (refuseTakendown && isBarred(status)) throw takenDown()
  if (refuseDeactivated && status === 'deactivated') {
    throw new HeronryError('AccountDeactivated', 'Account is deactivated')
  }
  return credentials
}

const scopesWithin: Record<SessionReach, readonly AccessScope[]> = {
  full: ['com.atproto.access'],
  privileged: ['com.atproto.access', 'com.atproto.appPassPrivileged'],
  standard: ['com.atproto.access', 'com.atproto.appPassPrivileged', 'com.atproto.appPass'],
}

function acceptedScope(token: SessionToken, { reach, acceptTakendown }: SessionRequirements): AccessScope {
  const accepted: string[] = [...scopesWithin[reach]]
  if (acceptTakendown) accepted.push('com.atproto.takendown')
  if (!accepted.includes(token.scope)) throw badScope()
  return token.scope as AccessScope
}

/**
 * What the app password of a token may do: null for the account's own password, undefined once it is revoked. A token that does not name
 * its app password was imported; it counts as revoked, for its refresh token yields one that does.
 */
async function grantOf(
  db: Database,
  { scope, appPasswordId }: SessionToken,
): Promise<AppPasswordGrant | null | undefined> {
  if (!scope.startsWith('com.atproto.appPass')) return null
  return appPasswordId === undefined ? undefined : await findAppPasswordGrant(db, appPasswordId)
}

/** Whose tokens were revoked by what keeps the account out is told of that. */
export function refuseRevoked({ sessionsSince, status }: Actor, { issuedAt }: SessionToken): void {
  if (sessionsSince === null || issuedAt >= sessionsSince.getTime()) return
  throw isBarred(status) ? takenDown() : revoked()
}

/** What a session token must be to count at a community. */
export function expectedAt({ serviceDid, settings }: Community) {
  return { audience: serviceDid, legacy: settings.legacySessions }
}

/** As the reference answers where a method wants to know nothing of the account but who it is. */
export function nobody(did: Did): HeronryError {
  return new HeronryError('InvalidRequest', `Could not find user info for account: ${did}`)
}

export function badScope(): HeronryError {
  return new HeronryError('InvalidToken', 'Bad token scope')
}

function revoked(): HeronryError {
  return new HeronryError('ExpiredToken', 'Token has been revoked')
}
