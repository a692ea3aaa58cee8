import type { Clock } from '@heronry/core/clock'
import type { Database } from '@heronry/db/database'
import { inTransaction, type Transaction } from '@heronry/db/in-transaction'
import { accessScope } from './access-scope.ts'
import { type AppPassword, findAppPassword } from './app-password-store.ts'
import { isBarred, takenDown } from './barred.ts'
import { type Login, lockLogin, type StoredLogin } from './find-login.ts'
import { refreshTokenTtlMs } from './limits.ts'
import { type BegunLogin, loginSucceeded } from './login-attempts.ts'
import { deleteExpiredSessions, insertSession, newSessionId } from './session-store.ts'
import type { SessionGrant } from './tokens.ts'

export interface OpenRequest {
  /** Whose password was right. */
  readonly found: StoredLogin
  /** That it was right of; the account's own where undefined. */
  readonly appPassword: AppPassword | undefined
  readonly begun: BegunLogin
  readonly allowTakendown: boolean
}

export interface OpenedSession {
  readonly login: Login
  /** What its app password is narrowed to; null: nothing. */
  readonly permissions: readonly string[] | null
  readonly grant: Omit<SessionGrant, 'audience' | 'did'>
}

/**
 * Opens a session under the account's lock, where what was true while the password was hashed may not be any more. Undefined where the
 * password is not known to be right then. An account that may not log in gets a session to leave with, by its own password and if it
 * asks for that; it is not stored. Throws `AccountTakedown`.
 */
export function openSession(
  { db, clock }: { db: Database; clock: Clock },
  request: OpenRequest,
): Promise<OpenedSession | undefined> {
  return inTransaction(db, { name: 'log in' }, async (tx) => {
    const { found, appPassword } = request
    const stored = await lockLogin(tx, found.login.actor.id)
    if (stored === undefined || !(await isStillRight(tx, { stored, ...request }))) return undefined
    const { actor } = stored.login
    await loginSucceeded(tx, request.begun)
    const now = clock.now()
    const opened = { sessionId: newSessionId(), issuedAt: { now, sessionsSince: actor.sessionsSince } }
    if (isBarred(actor.status)) {
      if (appPassword !== undefined) return undefined
      if (!request.allowTakendown) throw takenDown()
      return { login: stored.login, permissions: null, grant: { ...opened, scope: 'com.atproto.takendown' } }
    }
    await deleteExpiredSessions(tx, { actorId: actor.id, now: new Date(now) })
    await insertSession(tx, {
      id: opened.sessionId,
      actorId: actor.id,
      expiresAt: new Date(now + refreshTokenTtlMs),
      appPasswordName: appPassword?.name ?? null,
    })
    const grant = { ...opened, scope: accessScope(appPassword), appPasswordId: appPassword?.id }
    return { login: stored.login, permissions: appPassword?.permissions ?? null, grant }
  })
}

async function isStillRight(
  tx: Transaction,
  { stored, found, appPassword }: OpenRequest & { stored: StoredLogin },
): Promise<boolean> {
  if (appPassword === undefined) return stored.passwordHash === found.passwordHash
  const now = await findAppPassword(tx, { actorId: stored.login.actor.id, name: appPassword.name })
  return now?.id === appPassword.id
}
