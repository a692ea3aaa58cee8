import type { ActorId, StoreId } from '@heronry/core/ids'
import type { Database } from '@heronry/db/database'
import { inTransaction, type Transaction } from '@heronry/db/in-transaction'
import { sql } from 'kysely'
import { dropStoreUnlessWithdrawn, withdrawDropStore } from './drop-store.ts'
import { rebuildMsMax } from './limits.ts'

export interface NewStore {
  readonly actorId: ActorId
  readonly storeId: StoreId
}

/**
 * The number of a store that is to be filled, beside the live one. Invariant: until `keepStore` there is a job that drops it, written before its
 * first row: whoever is killed while filling leaves nothing for good.
 */
export function reserveStore(db: Database, actorId: ActorId): Promise<NewStore> {
  return inTransaction(db, { name: 'reserve a store' }, async (tx) => {
    const { rows } = await sql<{ id: bigint }>`SELECT nextval('store_id') AS id`.execute(tx)
    const store = { actorId, storeId: rows[0]?.id as StoreId }
    await dropStoreUnlessWithdrawn(tx, store, new Date(Date.now() + rebuildMsMax))
    return store
  })
}

/** The store is the live one from this transaction on. Throws where it was filled for so long that its rows are being dropped. */
export async function keepStore(tx: Transaction, store: NewStore): Promise<void> {
  if (await withdrawDropStore(tx, store)) return
  throw new Error(`Store ${store.storeId} took longer than ${rebuildMsMax} ms to fill`)
}

/** The store will not be wanted: its rows go as soon as somebody gets to it. */
export async function abandonStore(db: Database, store: NewStore): Promise<void> {
  await inTransaction(db, { name: 'abandon a store' }, async (tx) => {
    if (await withdrawDropStore(tx, store)) await dropStoreUnlessWithdrawn(tx, store, new Date())
  })
}
