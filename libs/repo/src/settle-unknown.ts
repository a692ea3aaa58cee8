import { type Digest, digestsEqual } from '@heronry/core/cid'
import type { Database } from '@heronry/db/database'
import { sql } from 'kysely'
import type { Chain } from './chain.ts'
import type { CommitOutcome } from './commit-statement.ts'

/**
 * What became of a chain whose statement was sent and never answered. The commit's CID is the idempotency key: the head is the chain's (won),
 * what it was before (unchanged: the same chain may be sent again), or another; then somebody has written on top, of ours or of the old one,
 * and a record that is as the chain wrote it, rev and all, tells which. The rev alone would not do: two processes with the same clock id may
 * give the same one. (Should somebody have deleted every record of ours meanwhile, we take it for lost, and the request is judged again.)
 *
 * FOR SHARE NOWAIT throws (`isRowLocked`) while a statement still runs on a connection we have lost, or somebody else holds the row: the caller
 * asks again, and holds no connection meanwhile.
 */
export async function settleUnknown(db: Database, chain: Chain): Promise<Settled> {
  const { rows } = await sql<{ head: Buffer; store_id: bigint }>`
    SELECT head, store_id FROM repo WHERE actor_id = ${chain.actor.id} FOR SHARE NOWAIT`.execute(db)
  const [repo] = rows
  if (repo === undefined) return { status: 'no-repo' }
  if (digestsEqual(repo.head, chain.head)) return { status: 'won' }
  if (digestsEqual(repo.head, chain.oldHead)) return 'unchanged'
  const written = chain.records.filter((record) => record.cid !== null)
  if (written.length === 0) return 'unknowable'
  const { rows: now } = await sql<{ ours: boolean; later: boolean }>`
    SELECT r.rev = w.rev AND r.cid = w.cid AS ours, r.rev > w.rev AS later
    FROM record r JOIN unnest(${written.map(({ path }) => path)}::text[], ${written.map(({ rev }) => rev)}::bigint[],
      ${written.map(({ cid }) => Buffer.from(cid as Digest))}::bytea[]) AS w (path, rev, cid) ON r.path = w.path COLLATE "C"
    WHERE r.store_id = ${repo.store_id}`.execute(db)
  if (now.some(({ ours }) => ours)) return { status: 'won' }
  return now.length === written.length && now.every(({ later }) => later) ? 'unknowable' : { status: 'lost' }
}

/**
 * `unchanged`: the chain may be sent again. `unknowable`: somebody has written on top, and there is no record to recognise the chain by,
 * because it only deleted, or changed nothing, or all of its records have been written over.
 */
type Settled = CommitOutcome | 'unchanged' | 'unknowable'
