import { HeronryError } from '@heronry/core/error'
import type { ActorId } from '@heronry/core/ids'
import type { Transaction } from '@heronry/db/in-transaction'
import { deleteAppPasswords } from './app-password-store.ts'
import { emailPurposes } from './email-token.ts'
import { forgetDevices } from './known-device.ts'
import { passwordLengthMax } from './limits.ts'
import { notifyActor } from './notify.ts'
import { revokeSessions } from './revoke-sessions.ts'

/** Throws `InvalidRequest`. */
export function assertNewPassword(password: string): void {
  if (password === '' || password.length > passwordLengthMax) {
    throw new HeronryError('InvalidRequest', 'Invalid password length.')
  }
}

export interface Replacement {
  readonly actorId: ActorId
  readonly passwordHash: string
  readonly now: Date
}

/**
 * Gives an account another password, and ends everything that the old one could have opened: sessions, access tokens, app passwords
 * (docs/decisions/0019), and a reset that is under way; where it was signed in from is not known any more. Its owner is told by mail. The caller holds the account's lock (`lockLoginToChange`).
 */
export async function replacePassword(
  tx: Transaction,
  { actorId, passwordHash, now }: Replacement,
): Promise<void> {
  await tx.updateTable('account').set({ password: passwordHash }).where('actor_id', '=', actorId).execute()
  await revokeSessions(tx, actorId, now)
  await deleteAppPasswords(tx, actorId)
  await forgetDevices(tx, actorId)
  await tx
    .deleteFrom('email_token')
    .where('actor_id', '=', actorId)
    .where('purpose', '=', emailPurposes.resetPassword)
    .execute()
  await notifyActor(tx, { actorId, template: 'password-changed', at: now })
}
