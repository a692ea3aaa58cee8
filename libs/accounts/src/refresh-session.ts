import type { Community } from '@heronry/communities/community'
import type { Clock } from '@heronry/core/clock'
import { HeronryError } from '@heronry/core/error'
import type { Database } from '@heronry/db/database'
import { inTransaction, type Transaction } from '@heronry/db/in-transaction'
import { accessScope } from './access-scope.ts'
import type { Actor } from './actor.ts'
import { type AppPassword, findAppPassword } from './app-password-store.ts'
import { isBarred, takenDown } from './barred.ts'
import type { Session } from './create-session.ts'
import { lockLogin } from './find-login.ts'
import { refreshGraceMs, refreshTokenTtlMs } from './limits.ts'
import type { OpenedSession } from './open-session.ts'
import {
  deleteExpiredSessions,
  insertSession,
  type LockedSession,
  lockSession,
  newSessionId,
  supersedeSession,
} from './session-store.ts'
import type { TokenIssuer } from './tokens.ts'

export interface RefreshSessionDeps {
  db: Database
  tokens: TokenIssuer
  clock: Clock
}

export interface RefreshRequest {
  community: Community
  actor: Actor
  /** `jti` of the refresh token that was shown, and verified. */
  sessionId: string
}

/**
 * Gives a new pair of tokens for a refresh token, which works on for 2 h and yields the same successor all that time: an answer
 * may be lost, and two tabs may ask at once.
 *
 * Throws `AccountTakedown`, and `ExpiredToken` for a session that was ended, has run out, or whose successor was ended.
 */
export async function refreshSession(deps: RefreshSessionDeps, request: RefreshRequest): Promise<Session> {
  const { community, actor, sessionId } = request
  const { login, permissions, grant } = await inTransaction(deps.db, { name: 'refresh session' }, (tx) =>
    rotate(tx, { actor, sessionId, clock: deps.clock }),
  )
  const pair = await deps.tokens.issue({ audience: community.serviceDid, did: actor.did, ...grant })
  return { login, permissions, ...pair }
}

interface Rotation {
  actor: Actor
  sessionId: string
  clock: Clock
}

async function rotate(tx: Transaction, { actor, sessionId, clock }: Rotation): Promise<OpenedSession> {
  const stored = await lockLogin(tx, actor.id)
  if (stored === undefined) throw revoked()
  const { login } = stored
  if (isBarred(login.actor.status)) throw takenDown()
  const now = new Date(clock.now())
  const session = await lockSession(tx, { id: sessionId, actorId: actor.id })
  if (session === undefined || session.expiresAt <= now) throw revoked()
  const appPassword = await appPasswordOf(tx, session)
  const nextId = await successor(tx, { session, now })
  const issuedAt = { now: now.getTime(), sessionsSince: login.actor.sessionsSince }
  const scope = accessScope(appPassword)
  const grant = { scope, sessionId: nextId, appPasswordId: appPassword?.id, issuedAt }
  return { login, permissions: appPassword?.permissions ?? null, grant }
}

async function appPasswordOf(
  tx: Transaction,
  { actorId, appPasswordName }: LockedSession,
): Promise<AppPassword | undefined> {
  if (appPasswordName === null) return undefined
  const appPassword = await findAppPassword(tx, { actorId, name: appPasswordName })
  if (appPassword === undefined) throw revoked()
  return appPassword
}

/** The session that this one yields, the same as long as it yields any. */
async function successor(
  tx: Transaction,
  { session, now }: { session: LockedSession; now: Date },
): Promise<string> {
  const { id, actorId, appPasswordName } = session
  if (session.nextId !== null) {
    // Ended successors end the session: a log-out is not undone by an older token.
    const next = await lockSession(tx, { id: session.nextId, actorId })
    if (next === undefined) throw revoked()
    return next.id
  }
  const nextId = newSessionId()
  const graceEnd = new Date(Math.min(session.expiresAt.getTime(), now.getTime() + refreshGraceMs))
  await supersedeSession(tx, { id, nextId, expiresAt: graceEnd })
  const expiresAt = new Date(now.getTime() + refreshTokenTtlMs)
  await insertSession(tx, { id: nextId, actorId, expiresAt, appPasswordName })
  await deleteExpiredSessions(tx, { actorId, now })
  return nextId
}

function revoked(): HeronryError {
  return new HeronryError('ExpiredToken', 'Token has been revoked')
}
