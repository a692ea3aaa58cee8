import { HeronryError } from '@heronry/core/error'
import type { ActorId, CommunityId } from '@heronry/core/ids'
import type { Transaction } from '@heronry/db/in-transaction'
import { lockEmail } from './lock-email.ts'
import { deleteIdleRecoveryCodes } from './recovery-code.ts'

export interface EmailChange {
  readonly communityId: CommunityId
  readonly actorId: ActorId
  readonly email: string
}

/**
 * Gives an account another address, which nobody has confirmed and to which no sign-in codes go, and takes away every token that was mailed to
 * the old one. The caller holds the account's lock (`lockLoginToChange`).
 *
 * Throws `InvalidRequest` where another account of the community has the address, or is about to: the transaction is then of no more use.
 */
export async function changeEmail(tx: Transaction, change: EmailChange): Promise<void> {
  const { communityId, actorId } = change
  const email = change.email.toLowerCase()
  await lockEmail(tx, { communityId, email })
  const drafted = await tx
    .selectFrom('account_draft')
    .select('id')
    .where('community_id', '=', communityId)
    .where((eb) => eb(eb.fn('lower', ['email']), '=', email))
    .executeTakeFirst()
  const owner = await tx
    .selectFrom('account')
    .select('actor_id')
    .where('community_id', '=', communityId)
    .where('actor_id', '!=', actorId)
    .where((eb) => eb(eb.fn('lower', ['email']), '=', email))
    .executeTakeFirst()
  if (drafted !== undefined || owner !== undefined) throw emailInUse()
  await tx
    .updateTable('account')
    .set({ email, email_confirmed_at: null, email_factor: false })
    .where('actor_id', '=', actorId)
    .execute()
  await tx.deleteFrom('email_token').where('actor_id', '=', actorId).execute()
  await deleteIdleRecoveryCodes(tx, actorId)
}

function emailInUse(): HeronryError {
  return new HeronryError(
    'InvalidRequest',
    'This email address is already in use, please use a different email.',
  )
}
