import type { Clock } from '@heronry/core/clock'
import { HeronryError } from '@heronry/core/error'
import type { Database } from '@heronry/db/database'
import { inTransaction, type Transaction } from '@heronry/db/in-transaction'
import type { Vault } from '@heronry/vault/vault'
import type { Actor } from './actor.ts'
import type { FactorRefusal } from './ask-second-factor.ts'
import { wrongFactor } from './audit-lockout.ts'
import { forgetWrongFactors, isFactorLocked } from './factor-attempts.ts'
import { factorLocked, factorRefusals } from './factor-refusals.ts'
import { lockLoginToChange } from './find-login.ts'
import { noticeFactor } from './notice-factor.ts'
import { replaceRecoveryCodes } from './recovery-code.ts'
import { confirmStoredTotp, spendTotp } from './totp-store.ts'

export interface TotpConfirmation {
  readonly actor: Actor
  /** What the app shows. */
  readonly code: string
  readonly network: string
}

/**
 * Asks logins for the codes of the authenticator app that was begun with, now that it has shown a right one, and answers recovery codes for when
 * it is lost. Who began it has shown the account's password, and nobody else knows the secret.
 *
 * Throws `InvalidToken`, `AlreadyExists` where it was confirmed before, and `RateLimitExceeded` after too many wrong codes.
 */
export async function confirmTotp(
  { db, ...deps }: { db: Database; vault: Vault; clock: Clock },
  confirmation: TotpConfirmation,
): Promise<string[]> {
  const codes = await inTransaction(db, { name: 'confirm authenticator app' }, (tx) =>
    confirm(tx, deps, confirmation),
  )
  if (codes === 'there') throw new HeronryError('AlreadyExists', 'The app is confirmed already')
  if (codes === 'locked') {
    const { actor, network } = confirmation
    throw await factorLocked(db, { actorId: actor.id, network, now: new Date(deps.clock.now()) })
  }
  if (codes === 'wrong') throw factorRefusals.wrong()
  return codes
}

/** A wrong code commits, or it would not count. */
async function confirm(
  tx: Transaction,
  { vault, clock }: { vault: Vault; clock: Clock },
  { actor, network, ...shown }: TotpConfirmation,
): Promise<string[] | Extract<FactorRefusal, 'wrong' | 'locked'> | 'there'> {
  const now = new Date(clock.now())
  const actorId = actor.id
  const attempt = { actorId, network, now }
  const login = (await lockLoginToChange(tx, actorId))?.login
  if (login === undefined) return 'wrong'
  if (login.factors.totp) return 'there'
  if (await isFactorLocked(tx, attempt)) return 'locked'
  const code = shown.code.replaceAll(/\s/g, '')
  if (!(await spendTotp(tx, { vault }, { actorId, code, now }))) {
    await wrongFactor(tx, { actor, network, now })
    return 'wrong'
  }
  await confirmStoredTotp(tx, { actorId, now })
  await forgetWrongFactors(tx, attempt)
  await noticeFactor(tx, { login, factor: 'totp', enabled: true, now })
  return await replaceRecoveryCodes(tx, actorId)
}
