import { digestsEqual } from '@heronry/core/cid'
import type { Database } from '@heronry/db/database'
import { sql } from 'kysely'
import type { Chain } from './chain.ts'
import type { CommitOutcome } from './commit-statement.ts'

/**
 * What became of a chain whose statement was sent and never answered. The commit's CID is the idempotency key: the head is the chain's (won),
 * what it was before (unchanged: the same chain may be sent again), or another; then somebody has written on top, of ours or of the old one,
 * and a record that carries one of the chain's revs tells which. (Should that somebody have changed every record of ours, we take it for lost, and
 * the request is judged again on what is there now.)
 *
 * FOR SHARE waits for a statement that still runs on a connection we have lost.
 */
export async function settleUnknown(db: Database, chain: Chain): Promise<Settled> {
  const revs = [...new Set(chain.records.map((record) => record.rev))]
  const paths = chain.records.map((record) => record.path)
  const { rows } = await sql<{ head: Buffer; store_id: bigint }>`
    SELECT head, store_id FROM repo WHERE actor_id = ${chain.actor.id} FOR SHARE`.execute(db)
  const [repo] = rows
  if (repo === undefined) return { status: 'no-repo' }
  if (digestsEqual(repo.head, chain.head)) return { status: 'won' }
  if (digestsEqual(repo.head, chain.oldHead)) return 'unchanged'
  if (chain.records.every((record) => record.cid === null)) return 'unknowable'
  const ours = await db
    .selectFrom('record')
    .select('path')
    .where('store_id', '=', repo.store_id)
    .where('path', 'in', paths)
    .where('rev', 'in', revs)
    .limit(1)
    .execute()
  return { status: ours.length > 0 ? 'won' : 'lost' }
}

/**
 * `unchanged`: the chain may be sent again. `unknowable`: somebody has written on top, and a chain that only deleted (or changed
 * nothing) has left no record to recognise it by.
 */
type Settled = CommitOutcome | 'unchanged' | 'unknowable'
