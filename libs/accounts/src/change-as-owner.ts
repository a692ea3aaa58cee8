import { HeronryError } from '@heronry/core/error'
import { inTransaction, type Transaction } from '@heronry/db/in-transaction'
import type { Actor } from './actor.ts'
import { changeWithPassword, type PasswordDeps, type PasswordProof } from './change-with-password.ts'
import { type Login, lockLoginToChange } from './find-login.ts'
import { isConfirmed } from './owner-confirmation.ts'

/** What shows that it is the account's owner who asks, and not whoever sits before his screen or has taken his session. */
export type OwnerProof = PasswordProof | ConfirmedOwner

/** By a password or a passkey that was shown a few minutes ago. */
export interface ConfirmedOwner {
  readonly actor: Actor
  /** As `confirmWithPassword` or `confirmWithPasskey` has answered it. */
  readonly confirmation: string
}

/** Changes how an account logs in, under its lock. Throws what `changeWithPassword` throws. */
export async function changeAsOwner<T>(
  deps: PasswordDeps,
  proof: OwnerProof,
  change: (tx: Transaction, login: Login) => Promise<T>,
): Promise<T> {
  if ('password' in proof) return await changeWithPassword(deps, proof, change)
  return await changeConfirmed(deps, proof, change)
}

/** For what no password is asked for in the same breath. Throws `AuthenticationRequired` where it is too long ago, and whatever `change` does. */
export async function changeConfirmed<T>(
  { db, clock }: Pick<PasswordDeps, 'db' | 'clock'>,
  { actor, confirmation }: ConfirmedOwner,
  change: (tx: Transaction, login: Login) => Promise<T>,
): Promise<T> {
  return await inTransaction(db, { name: 'change as owner' }, async (tx) => {
    const login = (await lockLoginToChange(tx, actor.id))?.login
    const shown = { actorId: actor.id, confirmation, now: new Date(clock.now()) }
    if (login === undefined || !(await isConfirmed(tx, shown))) {
      throw new HeronryError('AuthenticationRequired', 'Please show once more that it is you')
    }
    return await change(tx, login)
  })
}
