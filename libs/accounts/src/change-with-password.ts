import type { Clock } from '@heronry/core/clock'
import { HeronryError } from '@heronry/core/error'
import type { Database } from '@heronry/db/database'
import { inTransaction, type Transaction } from '@heronry/db/in-transaction'
import type { Actor } from './actor.ts'
import { findLoginByIdentifier, type Login, lockLoginToChange } from './find-login.ts'
import { loginPasswordLengthMax } from './limits.ts'
import { beginLogin, loginNotTried, wrongLogin } from './login-attempts.ts'
import type { Passwords } from './passwords.ts'

export interface PasswordDeps {
  db: Database
  passwords: Passwords
  clock: Clock
}

/** The password, typed once more by whoever is signed in. */
export interface PasswordProof {
  readonly actor: Actor
  readonly password: string
  readonly network: string
}

/**
 * Changes how an account logs in, under its lock, for whoever knows its own password. A wrong one counts as a failed login by the DID.
 *
 * Throws `AuthenticationRequired` and `RateLimitExceeded`, and whatever `change` does. kill -9 while the password is looked at → it counts as wrong.
 */
export async function changeWithPassword<T>(
  deps: PasswordDeps,
  proof: PasswordProof,
  change: (tx: Transaction, login: Login) => Promise<T>,
): Promise<T> {
  const passwordHash = await provenHash(deps, proof)
  return await inTransaction(deps.db, { name: 'change with password' }, async (tx) => {
    const stored = await lockLoginToChange(tx, proof.actor.id)
    if (stored?.passwordHash !== passwordHash) throw wrongPassword()
    return await change(tx, stored.login)
  })
}

/** The hash that the password was right of. Throws `AuthenticationRequired` and `RateLimitExceeded`. */
export async function provenHash(
  deps: PasswordDeps,
  { actor, password, network }: PasswordProof,
): Promise<string> {
  if (password.length > loginPasswordLengthMax) throw wrongPassword()
  const { db, passwords, clock } = deps
  const name = { communityId: actor.communityId, identifier: actor.did, network }
  const begun = await beginLogin(db, name, new Date(clock.now()))
  const found = await findLoginByIdentifier(db, name)
  if (found === undefined || !(await passwords.verify(password, found.passwordHash))) {
    await wrongLogin(deps, { name, begun })
    throw wrongPassword()
  }
  await loginNotTried(db, begun)
  return found.passwordHash
}

export function wrongPassword(): HeronryError {
  return new HeronryError('AuthenticationRequired', 'Invalid password')
}
