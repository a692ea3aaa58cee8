import type { Clock } from '@heronry/core/clock'
import type { Did } from '@heronry/core/did'
import { HeronryError } from '@heronry/core/error'
import type { ActorId, CommunityId } from '@heronry/core/ids'
import type { Transaction } from '@heronry/db/in-transaction'
import { actorName } from './actor.ts'
import { changeEmail } from './change-email.ts'
import { assertEmailAddress } from './email-address.ts'
import { findLogin } from './find-login.ts'
import { notify } from './notify.ts'

export interface AccountEmail {
  readonly communityId: CommunityId
  /** A DID or a handle. */
  readonly account: string
  readonly email: string
}

/**
 * Gives an account another address for its administrator, who may choose what no sign-up may: one of a provider of throw-away addresses.
 * Answers the address before, which is told by mail. Throws `NotFound`, and `InvalidRequest` for what is no address or is somebody else's.
 */
export async function updateAccountEmail(
  tx: Transaction,
  { clock }: { clock: Clock },
  { communityId, account, email }: AccountEmail,
): Promise<{ did: Did; before: string }> {
  assertEmailAddress(email)
  const name = actorName(account)
  const row =
    name &&
    (await tx
      .selectFrom('account')
      .innerJoin('actor', 'actor.id', 'account.actor_id')
      .select(['actor.id', 'actor.did', 'account.email'])
      .where('actor.community_id', '=', communityId)
      .where(`actor.${name.column}`, '=', name.name)
      .forNoKeyUpdate()
      .executeTakeFirst())
  if (row === undefined) throw new HeronryError('NotFound', 'Account not found')
  const actorId = row.id as ActorId
  const login = await findLogin(tx, actorId)
  await changeEmail(tx, { communityId, actorId, email })
  if (login !== undefined) {
    await notify(tx, { login, template: 'email-changed', at: new Date(clock.now()) })
  }
  return { did: row.did as Did, before: row.email }
}
