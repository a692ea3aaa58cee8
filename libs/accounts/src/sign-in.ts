import { setTimeout as delay } from 'node:timers/promises'
import type { Community } from '@heronry/communities/community'
import type { Clock } from '@heronry/core/clock'
import { HeronryError } from '@heronry/core/error'
import type { Database } from '@heronry/db/database'
import { inTransaction } from '@heronry/db/in-transaction'
import type { Vault } from '@heronry/vault/vault'
import { auditMember } from './audit-member.ts'
import { factorLocked, factorNeeded, factorRefusals } from './factor-refusals.ts'
import { findLoginByIdentifier, type Login } from './find-login.ts'
import { loginPadMs, loginPasswordLengthMax } from './limits.ts'
import { type BegunLogin, countedLogin } from './login-attempts.ts'
import { lockRightLogin } from './open-session.ts'
import type { Passwords } from './passwords.ts'
import { upgradePassword } from './upgrade-password.ts'

interface SignInDeps {
  readonly db: Database
  readonly passwords: Passwords
  readonly clock: Clock
  readonly vault: Vault
}

export interface SignInAttempt {
  readonly community: Community
  /** E-mail, handle or DID. */
  readonly identifier: string
  readonly password: string
  /** The code of a second factor: by mail, of an authenticator app, or for recovery. */
  readonly code?: string | undefined
  /** Where it comes from: what its client is counted by. */
  readonly network: string
  readonly userAgent: string | undefined
}

/**
 * Whose password it is, for who signs in on a page of ours: the account's own, for an app password is for apps. It opens no session. Nobody and a
 * wrong password are told alike, in words and in time.
 *
 * Throws as `createSession`; an account that was taken down has nothing to sign in to here.
 */
export async function signIn(deps: SignInDeps, attempt: SignInAttempt): Promise<Login> {
  if (attempt.password.length > loginPasswordLengthMax) throw refused()
  const { community, identifier, network } = attempt
  const name = { communityId: community.id, identifier, network }
  const counted = countedLogin(deps, name, (begun) => prove(deps, attempt, begun))
  const [outcome] = await Promise.allSettled([counted, delay(loginPadMs)])
  if (outcome.status === 'rejected') throw outcome.reason
  return outcome.value
}

async function prove(deps: SignInDeps, attempt: SignInAttempt, begun: BegunLogin): Promise<Login> {
  const { db, passwords, clock, vault } = deps
  const { community, identifier, password, code, network, userAgent } = attempt
  const asked = { begun, allowTakendown: false, appPassword: undefined, community, code, network, userAgent }
  // Once more where the password's hash changed meanwhile: another login may have given it a better one.
  for (let tries = 0; tries < 2; tries++) {
    const found = await findLoginByIdentifier(db, { communityId: community.id, identifier })
    const isRight = await passwords.verify(password, found?.passwordHash)
    if (found === undefined || !isRight) break
    const now = new Date(clock.now())
    const login = await inTransaction(db, { name: 'sign in' }, async (tx) => {
      const right = await lockRightLogin(tx, { vault }, { ...asked, found, kind: 'oauth', now })
      if (right === undefined || typeof right === 'string') return right
      const act = { actor: right.actor, at: now, network, isMember: true, facts: { kind: 'oauth' } }
      await auditMember(tx, { event: 'signedIn', ...act })
      return right
    })
    if (login === undefined) continue
    if (login === 'asked') throw factorNeeded(found.login)
    if (login === 'locked') throw await factorLocked(db, { actorId: found.login.actor.id, network, now })
    if (typeof login === 'string') throw factorRefusals[login]()
    await upgradePassword(deps, { found, password })
    return login
  }
  throw refused()
}

function refused(): HeronryError {
  return new HeronryError('AuthenticationRequired', 'Invalid identifier or password')
}
