import { HeronryError } from '@heronry/core/error'
import type { ActorId } from '@heronry/core/ids'
import type { Transaction } from '@heronry/db/in-transaction'
import { emailPurposes, spendEmailToken, type TokenVerdict } from './email-token.ts'
import type { Login } from './find-login.ts'
import { noticeFactor } from './notice-factor.ts'
import { deleteIdleRecoveryCodes } from './recovery-code.ts'

export interface EmailFactorSwitch {
  readonly login: Login
  readonly enabled: boolean
  /** As it was mailed by requestEmailUpdate. */
  readonly token: string | undefined
  readonly now: Date
}

/**
 * Switches sign-in codes by mail as the official apps do: on as it is, off with a token that was mailed, so that a stolen session does not
 * suffice. A token that is not needed must be right all the same. The caller holds the account's lock.
 */
export async function switchEmailFactor(
  tx: Transaction,
  { login, enabled, token, now }: EmailFactorSwitch,
): Promise<TokenVerdict | 'noToken' | 'unconfirmed'> {
  const actorId = login.actor.id
  if (enabled && !login.emailConfirmed) return 'unconfirmed'
  if (!enabled && login.factors.email && !token) return 'noToken'
  if (token) {
    const verdict = await spendEmailToken(tx, { actorId, purpose: emailPurposes.updateEmail, now, token })
    if (verdict !== 'right') return verdict
  }
  await storeEmailFactor(tx, { actorId, enabled })
  await noticeFactor(tx, { login, factor: 'email', enabled, now })
  return 'right'
}

/** The caller holds the account's lock, and knows that the address is confirmed where it is switched on. */
export async function storeEmailFactor(
  tx: Transaction,
  { actorId, enabled }: { actorId: ActorId; enabled: boolean },
): Promise<void> {
  await tx.updateTable('account').set({ email_factor: enabled }).where('actor_id', '=', actorId).execute()
  if (enabled) return
  await tx
    .deleteFrom('email_token')
    .where('actor_id', '=', actorId)
    .where('purpose', '=', emailPurposes.signIn)
    .execute()
  await deleteIdleRecoveryCodes(tx, actorId)
}

export function unconfirmed(): HeronryError {
  return new HeronryError('InvalidRequest', 'The email address must be confirmed first')
}
