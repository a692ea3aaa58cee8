import type { Clock } from '@heronry/core/clock'
import type { Did } from '@heronry/core/did'
import { HeronryError } from '@heronry/core/error'
import type { CommunityId } from '@heronry/core/ids'
import type { Transaction } from '@heronry/db/in-transaction'
import { findActor } from './actor.ts'
import { changeEmail } from './change-email.ts'
import { assertEmailAddress } from './email-address.ts'
import { lockLoginToChange } from './find-login.ts'
import { noticeFactor } from './notice-factor.ts'
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
  const named = await findActor(tx, { communityId, didOrHandle: account })
  const login = (named && (await lockLoginToChange(tx, named.id)))?.login
  if (login === undefined) throw new HeronryError('NotFound', 'Account not found')
  const { actor, email: before } = login
  await changeEmail(tx, { communityId, actorId: actor.id, email })
  const now = new Date(clock.now())
  await notify(tx, { login, template: 'email-changed', at: now })
  await noticeFactor(tx, { login, factor: 'email', enabled: false, now })
  return { did: actor.did, before }
}
