import type { Clock } from '@heronry/core/clock'
import { HeronryError } from '@heronry/core/error'
import type { Database } from '@heronry/db/database'
import { inTransaction, type Transaction } from '@heronry/db/in-transaction'
import type { Actor } from './actor.ts'
import { emailPurposes, spendEmailToken, type TokenVerdict } from './email-token.ts'
import { lockLoginToChange } from './find-login.ts'
import { tokenRefusals } from './token-refusals.ts'

export interface Confirmation {
  readonly actor: Actor
  readonly email: string
  readonly token: string
}

type Verdict = TokenVerdict | 'otherEmail'

/**
 * Confirms the account's address with the token that was sent to it.
 *
 * Throws `InvalidEmail` (another address than the account's), `InvalidToken` (wrong, spent, or tried too often) or `ExpiredToken`.
 */
export async function confirmEmail(
  { db, clock }: { db: Database; clock: Clock },
  confirmation: Confirmation,
): Promise<void> {
  const now = new Date(clock.now())
  const verdict = await inTransaction(db, { name: 'confirm e-mail' }, (tx) =>
    confirm(tx, { ...confirmation, now }),
  )
  if (verdict === 'otherEmail') throw new HeronryError('InvalidEmail', 'invalid email')
  if (verdict !== 'right') throw tokenRefusals[verdict]()
}

async function confirm(
  tx: Transaction,
  { actor, email, token, now }: Confirmation & { now: Date },
): Promise<Verdict> {
  const stored = await lockLoginToChange(tx, actor.id)
  if (stored?.login.email.toLowerCase() !== email.toLowerCase()) return 'otherEmail'
  const purpose = emailPurposes.confirmEmail
  const verdict = await spendEmailToken(tx, { actorId: actor.id, purpose, now, token })
  if (verdict !== 'right') return verdict
  await tx.updateTable('account').set({ email_confirmed_at: now }).where('actor_id', '=', actor.id).execute()
  return 'right'
}
