import { setTimeout as delay } from 'node:timers/promises'
import type { Community } from '@heronry/communities/community'
import type { Clock } from '@heronry/core/clock'
import { HeronryError } from '@heronry/core/error'
import type { Database } from '@heronry/db/database'
import type { Vault } from '@heronry/vault/vault'
import { factorNeeded, factorRefusals } from './factor-refusals.ts'
import { findLoginByIdentifier, type Login } from './find-login.ts'
import { loginPadMs, loginPasswordLengthMax } from './limits.ts'
import { type BegunLogin, countedLogin } from './login-attempts.ts'
import { matchAppPassword } from './match-app-password.ts'
import { openSession } from './open-session.ts'
import type { Passwords } from './passwords.ts'
import type { TokenIssuer, TokenPair } from './tokens.ts'
import { upgradePassword } from './upgrade-password.ts'

export interface CreateSessionDeps {
  db: Database
  tokens: TokenIssuer
  passwords: Passwords
  clock: Clock
  vault: Vault
}

export interface LoginAttempt {
  community: Community
  /** E-mail, handle or DID. */
  identifier: string
  password: string
  allowTakendown?: boolean
  /** The code of a second factor: by mail, of an authenticator app, or for recovery. */
  authFactorToken?: string | undefined
  /** Where it comes from: what its client is counted by. */
  network: string
  userAgent?: string | undefined
}

export interface Session extends TokenPair {
  readonly login: Login
  /** OAuth scopes that it is narrowed to; null: nothing but its kind narrows it. Who is answered learns no more than they let it. */
  readonly permissions: readonly string[] | null
}

/**
 * Logs in with the account's password, or with an app password. Nobody and a wrong password are told alike, in words and in time: never
 * before 350 ms.
 *
 * Throws `AuthenticationRequired`; behind a right password `AuthFactorTokenRequired`, `InvalidToken` or `ExpiredToken` (a second factor's
 * code is not there, wrong, or too old); `AccountTakedown` for an account that may not log in and did not ask for a session to leave with;
 * `RateLimitExceeded` after too many failures by this name from this network, or too many wrong codes. A session to leave with takes the
 * account's own password, and has a refresh token that is not stored: it ends with its access token.
 */
export async function createSession(deps: CreateSessionDeps, attempt: LoginAttempt): Promise<Session> {
  if (attempt.password.length > loginPasswordLengthMax) {
    throw refused('Password too long. Consider resetting your password.')
  }
  const [outcome] = await Promise.allSettled([guardedLogin(deps, attempt), delay(loginPadMs)])
  if (outcome.status === 'rejected') throw outcome.reason
  return outcome.value
}

function guardedLogin(deps: CreateSessionDeps, attempt: LoginAttempt): Promise<Session> {
  const { community, identifier, network } = attempt
  const name = { communityId: community.id, identifier, network }
  return countedLogin(deps, name, (begun) => logIn(deps, attempt, begun))
}

async function logIn(deps: CreateSessionDeps, attempt: LoginAttempt, begun: BegunLogin): Promise<Session> {
  const { community, identifier, password, network, allowTakendown = false } = attempt
  const { userAgent, authFactorToken: code } = attempt
  const asked = { begun, allowTakendown, community, network, userAgent, code }
  // Once more where the password's hash changed meanwhile: another login may have given it a better one.
  for (let tries = 0; tries < 2; tries++) {
    const found = await findLoginByIdentifier(deps.db, { communityId: community.id, identifier })
    const actor = found?.login.actor
    const appPassword = actor && (await matchAppPassword(deps, { actor, password }))
    const isRight = appPassword !== undefined || (await deps.passwords.verify(password, found?.passwordHash))
    if (found === undefined || !isRight) break
    const opened = await openSession(deps, { found, appPassword, ...asked })
    if (opened === undefined) continue
    if (opened === 'asked') throw factorNeeded(found.login)
    if (typeof opened === 'string') throw factorRefusals[opened]()
    const { did } = opened.login.actor
    const pair = await deps.tokens.issue({ audience: community.serviceDid, did, ...opened.grant })
    if (appPassword === undefined) await upgradePassword(deps, { found, password })
    return { login: opened.login, permissions: opened.permissions, ...pair }
  }
  throw refused('Invalid identifier or password')
}

function refused(message: string): HeronryError {
  return new HeronryError('AuthenticationRequired', message)
}
