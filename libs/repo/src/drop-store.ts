import type { ActorId, StoreId } from '@heronry/core/ids'
import type { Database } from '@heronry/db/database'
import type { Transaction } from '@heronry/db/in-transaction'
import { defineJob } from '@heronry/jobs/define-job'
import { enqueue } from '@heronry/jobs/enqueue'
import { handle, type JobHandler } from '@heronry/jobs/handler'
import { withdraw } from '@heronry/jobs/withdraw'
import { sql } from 'kysely'
import { dropRowsMax, storeDropDelayMs } from './limits.ts'

/** A store that no repo has any more. `actorId` is whose it was. */
interface DroppedStore {
  readonly actorId: string
  readonly storeId: string
}

const dropStore = defineJob({
  queue: 'stores',
  name: 'drop-store',
  parse(payload: unknown): DroppedStore {
    const { actorId, storeId } = payload as Partial<Record<keyof DroppedStore, unknown>>
    if (!isId(actorId) || !isId(storeId)) throw new Error('drop-store: actorId and storeId')
    return { actorId, storeId }
  },
})

/**
 * Has a store's rows deleted, some time after the transaction that takes it from its repo: whoever has read the store's number just before still
 * reads from it.
 */
export function enqueueDropStore(tx: Transaction, store: StoreOfActor): Promise<void> {
  return dropStoreUnlessWithdrawn(tx, store, new Date(Date.now() + storeDropDelayMs))
}

/** Has a store's rows deleted at `runAt`, unless `withdrawDropStore` comes before. */
export async function dropStoreUnlessWithdrawn(
  tx: Transaction,
  { actorId, storeId }: StoreOfActor,
  runAt: Date,
): Promise<void> {
  await enqueue(tx, dropStore, {
    key: keyOf(storeId),
    payload: { actorId: String(actorId), storeId: String(storeId) },
    runAt,
  })
}

/** False where it is too late: rows are being deleted, or have been. */
export function withdrawDropStore(tx: Transaction, { storeId }: StoreOfActor): Promise<boolean> {
  return withdraw(tx, dropStore, keyOf(storeId))
}

interface StoreOfActor {
  readonly actorId: ActorId
  readonly storeId: StoreId
}

function keyOf(storeId: StoreId): string {
  return `store-${storeId}`
}

/** The handlers of the queue `stores`. */
export function storeHandlers({ db }: { db: Database }): JobHandler[] {
  return [
    handle(dropStore, ({ payload, signal }) =>
      dropRows(db, { actorId: BigInt(payload.actorId), storeId: BigInt(payload.storeId), signal }),
    ),
  ]
}

/**
 * Deletes a store's rows, a bounded number in each statement. kill -9 here → the job's next attempt deletes the rest. Throws, and deletes
 * nothing, where the store is the actor's live one.
 */
async function dropRows(
  db: Database,
  { actorId, storeId, signal }: { actorId: bigint; storeId: bigint; signal: AbortSignal },
): Promise<void> {
  const live = await db
    .selectFrom('repo')
    .select('store_id')
    .where('actor_id', '=', actorId)
    .where('store_id', '=', storeId)
    .executeTakeFirst()
  if (live !== undefined) throw new Error(`Store ${storeId} is the live one of actor ${actorId}`)
  for (const [table, ...key] of tables) {
    const columns = sql.join(key.map((column) => sql.ref(column)))
    for (let deleted = dropRowsMax; deleted === dropRowsMax; ) {
      signal.throwIfAborted()
      const { numAffectedRows } = await sql`
        DELETE FROM ${sql.table(table)} WHERE store_id = ${storeId} AND (${columns}) IN (
          SELECT ${columns} FROM ${sql.table(table)} WHERE store_id = ${storeId} ORDER BY ${columns} LIMIT ${dropRowsMax})`.execute(
        db,
      )
      deleted = Number(numAffectedRows ?? 0n)
    }
  }
}

/** What a store is made of, each with the rest of its primary key. */
const tables = [
  ['record', 'path'],
  ['mst_node', 'layer', 'lo'],
  ['backlink', 'kind', 'subject', 'path'],
  ['record_blob', 'cid', 'path'],
] as const

function isId(text: unknown): text is string {
  return typeof text === 'string' && /^\d{1,19}$/.test(text)
}
