import type { Clock } from '@heronry/core/clock'
import type { CommunityId } from '@heronry/core/ids'
import type { Database } from '@heronry/db/database'
import { inTransaction, type Transaction } from '@heronry/db/in-transaction'
import type { Vault } from '@heronry/vault/vault'
import { accessScope } from './access-scope.ts'
import { type AppPassword, findAppPassword } from './app-password-store.ts'
import { askSecondFactor, type FactorRefusal, hasSecondFactor } from './ask-second-factor.ts'
import { isBarred, takenDown } from './barred.ts'
import { type Login, lockLogin, lockLoginToChange, type StoredLogin } from './find-login.ts'
import { refreshTokenTtlMs } from './limits.ts'
import { type BegunLogin, loginSucceeded } from './login-attempts.ts'
import { noticeSignIn, type SignIn } from './notice-sign-in.ts'
import { deleteExpiredSessions, insertSession, newSessionId } from './session-store.ts'
import type { SessionGrant } from './tokens.ts'

export interface OpenRequest {
  /** Whose password was right. */
  readonly found: StoredLogin
  /** That it was right of; the account's own where undefined. */
  readonly appPassword: AppPassword | undefined
  readonly begun: BegunLogin
  readonly allowTakendown: boolean
  readonly community: { readonly id: CommunityId }
  /** The code of a second factor, where one was brought. */
  readonly code: string | undefined
  readonly network: string
  readonly userAgent: string | undefined
}

export interface OpenedSession {
  readonly login: Login
  /** What its app password is narrowed to; null: nothing. */
  readonly permissions: readonly string[] | null
  readonly grant: Omit<SessionGrant, 'audience' | 'did'>
}

/**
 * Opens a session under the account's lock, where what was true while the password was hashed may not be any more. Undefined where the
 * password is not known to be right then, or more is asked for than was then. An account that may not log in gets a session to leave
 * with, by its own password and if it asks for that; it is not stored. Throws `AccountTakedown`.
 *
 * An account's own password may need a second factor; an app password never does, for it is one that no person remembers or types
 * elsewhere.
 */
export function openSession(
  { db, clock, vault }: { db: Database; clock: Clock; vault: Vault },
  request: OpenRequest,
): Promise<OpenedSession | FactorRefusal | undefined> {
  return inTransaction(db, { name: 'log in' }, async (tx) => {
    const now = new Date(clock.now())
    const login = await lockRightLogin(tx, { vault }, { ...request, kind: 'password', now })
    if (login === undefined || typeof login === 'string') return login
    return await open(tx, { login, appPassword: request.appPassword, now })
  })
}

/**
 * The login whose password was right a moment ago and is still, with its second factor, locked until the transaction ends; otherwise as
 * `openSession`. Its failures are forgotten then.
 */
export async function lockRightLogin(
  tx: Transaction,
  { vault }: { vault: Vault },
  request: OpenRequest & { readonly now: Date; readonly kind: SignIn['kind'] },
): Promise<Login | FactorRefusal | undefined> {
  const { found, appPassword, community, code, network, userAgent, now, kind } = request
  const asks = appPassword === undefined && hasSecondFactor(found.login)
  const stored = await (asks ? lockLoginToChange : lockLogin)(tx, found.login.actor.id)
  if (stored === undefined || !(await isStillRight(tx, { stored, ...request }))) return undefined
  const { login } = stored
  if (isBarred(login.actor.status)) {
    if (appPassword !== undefined) return undefined
    if (!request.allowTakendown) throw takenDown()
  }
  if (appPassword === undefined && hasSecondFactor(login)) {
    // Its codes need the other lock, which cannot be had on top of this one.
    if (!asks) return undefined
    const refusal = await askSecondFactor(tx, { vault }, { community, login, code, network, now })
    if (refusal !== undefined) return refusal
  }
  await loginSucceeded(tx, request.begun)
  if (appPassword === undefined) {
    await noticeSignIn(tx, { actorId: login.actor.id, login, network, userAgent, at: now, kind })
  }
  return login
}

interface Opening {
  login: Login
  appPassword: AppPassword | undefined
  now: Date
}

async function open(tx: Transaction, { login, appPassword, now }: Opening): Promise<OpenedSession> {
  const { actor } = login
  const issuedAt = { now: now.getTime(), sessionsSince: actor.sessionsSince }
  const opened = { sessionId: newSessionId(), issuedAt }
  if (isBarred(actor.status))
    return { login, permissions: null, grant: { ...opened, scope: 'com.atproto.takendown' } }
  await deleteExpiredSessions(tx, { actorId: actor.id, now })
  await insertSession(tx, {
    id: opened.sessionId,
    actorId: actor.id,
    expiresAt: new Date(now.getTime() + refreshTokenTtlMs),
    appPasswordName: appPassword?.name ?? null,
  })
  const grant = { ...opened, scope: accessScope(appPassword), appPasswordId: appPassword?.id }
  return { login, permissions: appPassword?.permissions ?? null, grant }
}

async function isStillRight(
  tx: Transaction,
  { stored, found, appPassword }: OpenRequest & { stored: StoredLogin },
): Promise<boolean> {
  if (appPassword === undefined) return stored.passwordHash === found.passwordHash
  const now = await findAppPassword(tx, { actorId: stored.login.actor.id, name: appPassword.name })
  return now?.id === appPassword.id
}
