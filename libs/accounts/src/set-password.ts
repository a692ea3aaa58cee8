import type { Did } from '@heronry/core/did'
import { HeronryError } from '@heronry/core/error'
import type { ActorId, CommunityId } from '@heronry/core/ids'
import type { Transaction } from '@heronry/db/in-transaction'
import { deleteAppPasswords } from './app-password-store.ts'
import { emailPurposes } from './email-token.ts'
import { passwordLengthMax } from './limits.ts'
import { notifyActor } from './notify.ts'
import { revokeSessions } from './revoke-sessions.ts'

/** Throws `InvalidRequest`. */
export function assertNewPassword(password: string): void {
  if (password === '' || password.length > passwordLengthMax) {
    throw new HeronryError('InvalidRequest', 'Invalid password length.')
  }
}

export interface NewPassword {
  readonly communityId: CommunityId
  readonly did: Did
  readonly passwordHash: string
  readonly now: Date
}

/**
 * Gives an account another password, and ends everything that the old one could have opened: sessions, access tokens, app passwords, and a
 * reset that is under way; its owner is told by mail. Throws `NotFound`.
 */
export async function setPassword(
  tx: Transaction,
  { communityId, did, passwordHash, now }: NewPassword,
): Promise<void> {
  const account = await tx
    .selectFrom('account')
    .innerJoin('actor', 'actor.id', 'account.actor_id')
    .select('actor.id')
    .where('actor.community_id', '=', communityId)
    .where('actor.did', '=', did)
    .forNoKeyUpdate()
    .executeTakeFirst()
  if (account === undefined) throw new HeronryError('NotFound', 'Account not found')
  const actorId = account.id as ActorId
  await tx.updateTable('account').set({ password: passwordHash }).where('actor_id', '=', actorId).execute()
  await revokeSessions(tx, actorId, now)
  await deleteAppPasswords(tx, actorId)
  await tx
    .deleteFrom('email_token')
    .where('actor_id', '=', actorId)
    .where('purpose', '=', emailPurposes.resetPassword)
    .execute()
  await notifyActor(tx, { actorId, template: 'password-changed', at: now })
}
