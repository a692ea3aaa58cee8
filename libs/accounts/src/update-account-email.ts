import type { Did } from '@heronry/core/did'
import { HeronryError } from '@heronry/core/error'
import type { CommunityId } from '@heronry/core/ids'
import type { Transaction } from '@heronry/db/in-transaction'
import { findActor } from './actor.ts'
import { changeEmail } from './change-email.ts'
import { isEmailAddress } from './email-address.ts'
import { lockLoginToChange } from './find-login.ts'

export interface AccountEmail {
  readonly communityId: CommunityId
  /** A DID or a handle. */
  readonly account: string
  readonly email: string
}

/**
 * Gives an account another address for its administrator, who may choose what no sign-up may: one of a provider of throw-away addresses.
 * Answers the address before. Throws `NotFound`, and `InvalidRequest` for what is no address or is somebody else's.
 */
export async function updateAccountEmail(
  tx: Transaction,
  { communityId, account, email }: AccountEmail,
): Promise<{ did: Did; before: string }> {
  if (!isEmailAddress(email)) throw new HeronryError('InvalidRequest', 'This is no email address.')
  const named = await findActor(tx, { communityId, didOrHandle: account })
  const stored = named && (await lockLoginToChange(tx, named.id))
  if (stored === undefined) throw new HeronryError('NotFound', 'Account not found')
  const { actor, email: before } = stored.login
  await changeEmail(tx, { communityId, actorId: actor.id, email })
  return { did: actor.did, before }
}
