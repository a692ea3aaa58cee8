import type { Did } from '@heronry/core/did'
import type { Database } from '@heronry/db/database'
import type { Transaction } from '@heronry/db/in-transaction'

/** An account that the world knows as ours and that the database does not: its signing key is gone with it. */
export interface LostAccount {
  readonly did: Did
  readonly foundAt: Date
}

export async function insertLostAccount(tx: Transaction, did: Did): Promise<void> {
  await tx
    .insertInto('lost_account')
    .values({ did })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}

/** Those who were signing up: whether they were done with it in the time that is lost, nobody knows. */
export async function insertDraftedAsLost(tx: Transaction): Promise<void> {
  await tx
    .insertInto('lost_account')
    .columns(['did'])
    .expression(tx.selectFrom('account_draft').select('did'))
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}

export async function isLostAccount(db: Database, did: Did): Promise<boolean> {
  const row = await db.selectFrom('lost_account').select('did').where('did', '=', did).executeTakeFirst()
  return row !== undefined
}

/** The newest first. */
export async function listLostAccounts(db: Database, { limit }: { limit: number }): Promise<LostAccount[]> {
  const rows = await db
    .selectFrom('lost_account')
    .select(['did', 'found_at'])
    .orderBy('found_at', 'desc')
    .limit(limit)
    .execute()
  return rows.map(({ did, found_at }) => ({ did: did as Did, foundAt: found_at }))
}
