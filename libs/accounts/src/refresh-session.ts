import type { Community } from '@heronry/communities/community'
import type { Clock } from '@heronry/core/clock'
import { HeronryError } from '@heronry/core/error'
import type { Database } from '@heronry/db/database'
import { inTransaction, type Transaction } from '@heronry/db/in-transaction'
import type { Actor } from './actor.ts'
import { isBarred, takenDown } from './barred.ts'
import type { Session } from './create-session.ts'
import { type Login, lockLogin } from './find-login.ts'
import { refreshGraceMs, refreshTokenTtlMs } from './limits.ts'
import {
  deleteExpiredSessions,
  insertSession,
  lockSession,
  newSessionId,
  supersedeSession,
} from './session-store.ts'
import type { IssuedAt, TokenIssuer } from './tokens.ts'

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
  const { login, nextId, issuedAt } = await inTransaction(deps.db, { name: 'refresh session' }, (tx) =>
    rotate(tx, { actor, sessionId, clock: deps.clock }),
  )
  const pair = await deps.tokens.issue({
    audience: community.serviceDid,
    did: actor.did,
    scope: 'com.atproto.access',
    sessionId: nextId,
    issuedAt,
  })
  return { login, ...pair }
}

interface Rotation {
  actor: Actor
  sessionId: string
  clock: Clock
}

interface Rotated {
  login: Login
  nextId: string
  issuedAt: IssuedAt
}

async function rotate(tx: Transaction, { actor, sessionId, clock }: Rotation): Promise<Rotated> {
  const stored = await lockLogin(tx, actor.id)
  if (stored === undefined) throw revoked()
  const now = new Date(clock.now())
  const issuedAt = { now: now.getTime(), sessionsSince: stored.login.actor.sessionsSince }
  if (isBarred(stored.login.actor.status)) throw takenDown()
  const session = await lockSession(tx, { id: sessionId, actorId: actor.id })
  if (session === undefined || session.expiresAt <= now) throw revoked()
  if (session.nextId !== null) {
    // Ended successors end the session: a log-out is not undone by an older token.
    const next = await lockSession(tx, { id: session.nextId, actorId: actor.id })
    if (next === undefined) throw revoked()
    return { login: stored.login, nextId: next.id, issuedAt }
  }
  const nextId = newSessionId()
  const graceEnd = new Date(Math.min(session.expiresAt.getTime(), now.getTime() + refreshGraceMs))
  await supersedeSession(tx, { id: sessionId, nextId, expiresAt: graceEnd })
  await insertSession(tx, {
    id: nextId,
    actorId: actor.id,
    expiresAt: new Date(now.getTime() + refreshTokenTtlMs),
    appPasswordName: session.appPasswordName,
  })
  await deleteExpiredSessions(tx, { actorId: actor.id, now })
  return { login: stored.login, nextId, issuedAt }
}

function revoked(): HeronryError {
  return new HeronryError('ExpiredToken', 'Token has been revoked')
}
