import type { Did } from '@heronry/core/did'
import { HeronryError } from '@heronry/core/error'
import type { CommunityId } from '@heronry/core/ids'
import type { Database } from '@heronry/db/database'

/** Whether codes that the account earns from now on can be used; those that it has stay as they are. Throws `NotFound`. */
export async function setInvitesDisabled(
  db: Database,
  { communityId, did, disabled }: { communityId: CommunityId; did: Did; disabled: boolean },
): Promise<void> {
  const { numUpdatedRows } = await db
    .updateTable('account')
    .set({ invites_disabled: disabled })
    .where('actor_id', 'in', (eb) =>
      eb.selectFrom('actor').select('id').where('community_id', '=', communityId).where('did', '=', did),
    )
    .executeTakeFirstOrThrow()
  if (numUpdatedRows === 0n) throw new HeronryError('NotFound', 'Account not found')
}

export interface DisabledCodes {
  readonly communityId: CommunityId
  readonly codes: readonly string[]
  /** Accounts all of whose codes are meant, by DID. */
  readonly accounts: readonly string[]
}

/**
 * Puts codes of the community out of use, for good; what is none of them is passed over, as doing it again is. Throws `InvalidRequest`
 * for the codes of `admin` altogether.
 */
export async function disableInviteCodes(
  db: Database,
  { communityId, codes, accounts }: DisabledCodes,
): Promise<void> {
  if (accounts.includes('admin')) {
    throw new HeronryError('InvalidRequest', 'cannot disable admin invite codes')
  }
  await db
    .updateTable('invite_code')
    .set({ disabled: true })
    .where('community_id', '=', communityId)
    .where('disabled', '=', false)
    .where((eb) =>
      eb.or([
        eb('code', '=', eb.fn.any(eb.val([...codes]))),
        eb('for_account', '=', eb.fn.any(eb.val([...accounts]))),
      ]),
    )
    .execute()
}
