import { setTimeout as delay } from 'node:timers/promises'
import type { Community } from '@heronry/communities/community'
import type { Clock } from '@heronry/core/clock'
import { HeronryError } from '@heronry/core/error'
import type { Database } from '@heronry/db/database'
import { inTransaction, type Transaction } from '@heronry/db/in-transaction'
import { isBarred, takenDown } from './barred.ts'
import { findLoginByIdentifier, type Login, lockLogin, type StoredLogin } from './find-login.ts'
import { loginPadMs, loginPasswordLengthMax, refreshTokenTtlMs } from './limits.ts'
import type { Passwords } from './passwords.ts'
import { insertSession, newSessionId } from './session-store.ts'
import type { IssuedAt, TokenIssuer, TokenPair } from './tokens.ts'

export interface CreateSessionDeps {
  db: Database
  tokens: TokenIssuer
  passwords: Passwords
  clock: Clock
}

export interface LoginAttempt {
  community: Community
  /** E-mail, handle or DID. */
  identifier: string
  password: string
  allowTakendown?: boolean
}

export interface Session extends TokenPair {
  readonly login: Login
}

/**
 * Logs in with the account's password. Nobody and a wrong password are told alike, in words and in time: never before 350 ms.
 *
 * Throws `AuthenticationRequired`, or `AccountTakedown` for an account that may not log in and did not ask for a session to
 * leave with. Such a session has a refresh token that is not stored: it ends with its access token.
 */
export async function createSession(deps: CreateSessionDeps, attempt: LoginAttempt): Promise<Session> {
  if (attempt.password.length > loginPasswordLengthMax) {
    throw refused('Password too long. Consider resetting your password.')
  }
  const [outcome] = await Promise.allSettled([logIn(deps, attempt), delay(loginPadMs)])
  if (outcome.status === 'rejected') throw outcome.reason
  return outcome.value
}

async function logIn(deps: CreateSessionDeps, attempt: LoginAttempt): Promise<Session> {
  const { db, tokens, passwords } = deps
  const { community, identifier, password } = attempt
  const found = await findLoginByIdentifier(db, { communityId: community.id, identifier })
  const isRight = await passwords.verify(password, found?.passwordHash)
  if (found === undefined || !isRight) throw wrong()
  const sessionId = newSessionId()
  const { login, issuedAt } = await inTransaction(db, { name: 'log in' }, (tx) =>
    open(tx, { ...deps, found, sessionId, allowTakendown: attempt.allowTakendown ?? false }),
  )
  const { did, status } = login.actor
  const scope = isBarred(status) ? 'com.atproto.takendown' : 'com.atproto.access'
  const pair = await tokens.issue({ audience: community.serviceDid, did, scope, sessionId, issuedAt })
  return { login, ...pair }
}

/** Under the account's lock: what was true while the password was hashed may not be any more. */
async function open(
  tx: Transaction,
  { clock, found, sessionId, allowTakendown }: OpenRequest,
): Promise<{ login: Login; issuedAt: IssuedAt }> {
  const { id } = found.login.actor
  const stored = await lockLogin(tx, id)
  if (stored === undefined || stored.passwordHash !== found.passwordHash) throw wrong()
  const { actor } = stored.login
  const now = clock.now()
  if (!isBarred(actor.status)) {
    const expiresAt = new Date(now + refreshTokenTtlMs)
    await insertSession(tx, { id: sessionId, actorId: id, expiresAt, appPasswordName: null })
  } else if (!allowTakendown) throw takenDown()
  return { login: stored.login, issuedAt: { now, sessionsSince: actor.sessionsSince } }
}

interface OpenRequest {
  clock: Clock
  found: StoredLogin
  sessionId: string
  allowTakendown: boolean
}

function wrong(): HeronryError {
  return refused('Invalid identifier or password')
}

function refused(message: string): HeronryError {
  return new HeronryError('AuthenticationRequired', message)
}
