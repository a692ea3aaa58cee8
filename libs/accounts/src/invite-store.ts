import { HeronryError } from '@heronry/core/error'
import type { CommunityId } from '@heronry/core/ids'
import type { Transaction } from '@heronry/db/in-transaction'
import { sql } from 'kysely'
import { actorColumns, actorOf } from './actor.ts'
import { isBarred } from './barred.ts'

/** `<hostname with hyphens>-xxxxx-xxxxx`; anything else is no code, and is not looked up. */
export function isInviteCode(text: string): boolean {
  return /^[\w-]{1,300}$/.test(text)
}

export function notUsable(): HeronryError {
  return new HeronryError('InvalidInviteCode', 'Provided invite code not available')
}

/**
 * Takes the code's row lock and throws `InvalidInviteCode` unless it may be used once more: it is this community's, not disabled,
 * its owner neither taken down nor suspended, and uses and reservations are fewer than it allows. Whoever reserves next waits for this
 * transaction.
 *
 * The lock leaves room for the foreign key of `invite_use`: a reservation that becomes a use does not wait for it.
 */
export async function lockUsableInvite(
  tx: Transaction,
  { code, communityId }: { code: string; communityId: CommunityId },
): Promise<void> {
  const invite = await tx
    .selectFrom('invite_code')
    .select(['available_uses', 'disabled', 'for_account'])
    .where('code', '=', code)
    .where('community_id', '=', communityId)
    .forNoKeyUpdate()
    .executeTakeFirst()
  if (invite === undefined || invite.disabled) throw notUsable()
  if (await isBarredOwner(tx, { did: invite.for_account, communityId })) throw notUsable()
  if ((await countUses(tx, code)) >= invite.available_uses) throw notUsable()
}

/** The use that was reserved; none where the code is gone since, with the account that had it to give. */
export async function insertInviteUse(
  tx: Transaction,
  { code, did }: { code: string; did: string },
): Promise<void> {
  await sql`INSERT INTO invite_use (code, did)
    SELECT code, ${did} FROM invite_code WHERE code = ${code} FOR KEY SHARE`.execute(tx)
}

/** Two statements would miss a reservation that turns into a use between them. */
async function countUses(tx: Transaction, code: string): Promise<number> {
  const { uses } = await tx
    .selectNoFrom((eb) =>
      eb(
        eb.selectFrom('invite_use').select(eb.fn.countAll<number>().as('n')).where('code', '=', code),
        '+',
        eb
          .selectFrom('account_draft')
          .select(eb.fn.countAll<number>().as('n'))
          .where('invite_code', '=', code),
      ).as('uses'),
    )
    .executeTakeFirstOrThrow()
  return Number(uses)
}

async function isBarredOwner(
  tx: Transaction,
  { did, communityId }: { did: string; communityId: CommunityId },
): Promise<boolean> {
  const owner = await tx
    .selectFrom('actor')
    .select(actorColumns)
    .where('community_id', '=', communityId)
    .where('did', '=', did)
    .executeTakeFirst()
  return owner !== undefined && isBarred(actorOf(owner).status)
}
