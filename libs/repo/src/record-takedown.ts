import type { Digest } from '@heronry/core/cid'
import type { ActorId } from '@heronry/core/ids'
import type { Database } from '@heronry/db/database'
import type { Transaction } from '@heronry/db/in-transaction'
import { lockRepo } from './lock-repo.ts'

interface RecordAt {
  readonly actorId: ActorId
  readonly path: string
}

interface FoundRecord {
  readonly cid: Digest
  readonly isTakenDown: boolean
}

/** Whether a record is taken down; undefined where there is none. */
export async function findRecordTakedown(
  db: Database,
  { actorId, path }: RecordAt,
): Promise<FoundRecord | undefined> {
  const row = await db
    .selectFrom('repo')
    .innerJoin('record', 'record.store_id', 'repo.store_id')
    .select(['record.cid', 'record.takedown'])
    .where('repo.actor_id', '=', actorId)
    .where('record.path', '=', path)
    .executeTakeFirst()
  return row && { cid: row.cid as Digest, isTakenDown: row.takedown !== 0 }
}

/**
 * Hides a record from whoever reads records here, or shows it again; answers what it was before, and undefined where there is no such
 * record. The signed repo stays as it is. Under the repo row lock: a store that is being rebuilt takes the change over.
 */
export async function setRecordTakedown(
  tx: Transaction,
  { actorId, path, applied }: RecordAt & { applied: boolean },
): Promise<FoundRecord | undefined> {
  const repo = await lockRepo(tx, actorId)
  if (repo === undefined) return undefined
  const before = await findRecordTakedown(tx, { actorId, path })
  if (before === undefined || before.isTakenDown === applied) return before
  await tx
    .updateTable('record')
    .set({ takedown: applied ? 1 : 0 })
    .where('store_id', '=', repo.storeId)
    .where('path', '=', path)
    .execute()
  return before
}
