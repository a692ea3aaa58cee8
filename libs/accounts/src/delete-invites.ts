import type { Did } from '@heronry/core/did'
import type { CommunityId } from '@heronry/core/ids'
import type { Transaction } from '@heronry/db/in-transaction'

/**
 * Takes away the codes that an actor had to give, and that it came by one. The code that it used does not come back with that: it has one
 * use less to give, or somebody could sign up with it again and again.
 */
export async function deleteInvites(
  tx: Transaction,
  { did, communityId }: { did: Did; communityId: CommunityId },
): Promise<void> {
  const own = await tx
    .selectFrom('invite_code')
    .select('code')
    .where('community_id', '=', communityId)
    .where((eb) => eb.or([eb('for_account', '=', did), eb('created_by', '=', did)]))
    .orderBy('code')
    .forUpdate()
    .execute()
  const codes = own.map(({ code }) => code)
  if (codes.length > 0) {
    await tx.deleteFrom('invite_use').where('code', 'in', codes).execute()
    await tx.deleteFrom('invite_code').where('code', 'in', codes).execute()
  }
  const used = await tx
    .deleteFrom('invite_use')
    .using('invite_code')
    .whereRef('invite_use.code', '=', 'invite_code.code')
    .where('invite_code.community_id', '=', communityId)
    .where('invite_use.did', '=', did)
    .returning('invite_use.code')
    .execute()
  for (const { code } of used) {
    await tx
      .updateTable('invite_code')
      .set((eb) => ({ available_uses: eb('available_uses', '-', 1) }))
      .where('code', '=', code)
      .execute()
  }
}
