import type { Did } from '@heronry/core/did'
import type { Database } from '@heronry/db/database'
import { inTransaction, type Transaction } from '@heronry/db/in-transaction'
import { enqueue } from '@heronry/jobs/enqueue'
import { type ReannounceMany, reannounce, reannounceMany } from '@heronry/jobs/kinds/reannounce'
import { reannouncedAtOnce } from './limits.ts'
import { insertDraftedAsLost } from './lost-account.ts'

/** A job for each of the DIDs; of everybody, for one page of actors, with a job for the rest, and whoever was signing up is kept for the operator. One transaction with the job's end. */
export async function spreadReannounce(
  { db }: { db: Database },
  { afterRev, dids, afterActor = firstPage }: ReannounceMany,
  { complete }: { complete: (tx: Transaction) => Promise<void> },
): Promise<void> {
  await inTransaction(db, { name: 'spread reannounce' }, async (tx) => {
    if (dids === undefined && afterActor === firstPage) await insertDraftedAsLost(tx)
    const actors = dids === undefined ? await actorsAfter(tx, BigInt(afterActor)) : []
    for (const did of new Set(dids ?? actors.map((actor) => actor.did))) {
      const key = `reannounce:${did}:${afterRev}`
      await enqueue(tx, reannounce, { payload: { did, afterRev }, key, priority: behindEverything })
    }
    const last = actors.length === reannouncedAtOnce ? actors.at(-1) : undefined
    if (last !== undefined) {
      const payload = { afterRev, afterActor: String(last.id) }
      await enqueue(tx, reannounceMany, { payload, priority: behindEverything })
    }
    await complete(tx)
  })
}

const firstPage = '0'

/** Sign-ups that wait for their janitor go first: there may be a million of these. */
const behindEverything = -1

async function actorsAfter(tx: Transaction, after: bigint): Promise<{ id: bigint; did: Did }[]> {
  const rows = await tx
    .selectFrom('actor')
    .select(['id', 'did'])
    .where('id', '>', after)
    .orderBy('id')
    .limit(reannouncedAtOnce)
    .execute()
  return rows.map(({ id, did }) => ({ id, did: did as Did }))
}
