import type { Did } from '@heronry/core/did'
import { HeronryError } from '@heronry/core/error'
import type { CommunityId } from '@heronry/core/ids'
import type { Transaction } from '@heronry/db/in-transaction'
import { findActor } from './actor.ts'
import { hasSecondFactor } from './ask-second-factor.ts'
import { storeEmailFactor } from './email-factor.ts'
import { forgetAllWrongFactors } from './factor-attempts.ts'
import { lockLoginToChange } from './find-login.ts'
import { notify } from './notify.ts'
import type { OwnSecondFactors } from './own-second-factors.ts'
import { countRecoveryCodes, deleteRecoveryCodes } from './recovery-code.ts'
import { deleteTotp } from './totp-store.ts'

/**
 * Takes every second factor from an account, for its administrator: its owner has lost them, and his password alone logs in again. Wrong codes are
 * forgotten; sessions stay. The owner is mailed, for it might not have been him who asked. Answers what there was. Throws `NotFound`.
 */
export async function resetSecondFactors(
  tx: Transaction,
  { communityId, did, now }: { communityId: CommunityId; did: Did; now: Date },
): Promise<OwnSecondFactors> {
  const actor = await findActor(tx, { communityId, didOrHandle: did })
  const login = actor && (await lockLoginToChange(tx, actor.id))?.login
  if (login === undefined) throw new HeronryError('NotFound', 'Account not found')
  const { id } = login.actor
  const before = { ...login.factors, recoveryCodesLeft: await countRecoveryCodes(tx, id) }
  await storeEmailFactor(tx, { actorId: id, enabled: false })
  await deleteTotp(tx, id)
  await deleteRecoveryCodes(tx, id)
  await forgetAllWrongFactors(tx, id)
  if (hasSecondFactor(login)) {
    await notify(tx, { login, template: 'second-factors-reset', at: now })
  }
  return before
}
