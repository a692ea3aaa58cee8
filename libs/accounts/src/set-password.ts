import type { Did } from '@heronry/core/did'
import { HeronryError } from '@heronry/core/error'
import type { CommunityId } from '@heronry/core/ids'
import type { Transaction } from '@heronry/db/in-transaction'
import { findActor } from './actor.ts'
import { lockLoginToChange } from './find-login.ts'
import { replacePassword } from './replace-password.ts'

export interface NewPassword {
  readonly communityId: CommunityId
  readonly did: Did
  readonly passwordHash: string
  readonly now: Date
}

/** As `replacePassword`, for the community's administrator. Throws `NotFound`. */
export async function setPassword(
  tx: Transaction,
  { communityId, did, passwordHash, now }: NewPassword,
): Promise<void> {
  const actor = await findActor(tx, { communityId, didOrHandle: did })
  const stored = actor && (await lockLoginToChange(tx, actor.id))
  if (stored === undefined) throw new HeronryError('NotFound', 'Account not found')
  await replacePassword(tx, { actorId: stored.login.actor.id, passwordHash, now })
}
