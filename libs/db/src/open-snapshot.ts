import type { Database } from './database.ts'
import type { Transaction } from './in-transaction.ts'

/** A read-only view of one moment, held by one connection until it is disposed. */
export interface Snapshot extends AsyncDisposable {
  readonly tx: Transaction
}

/**
 * Opens a REPEATABLE READ, READ ONLY transaction for a reader that answers while it reads (a generator, which cannot live inside
 * `inTransaction`). A reader that pauses longer than `idle_in_transaction_session_timeout` loses it: its next query fails.
 */
export async function openSnapshot(db: Database): Promise<Snapshot> {
  const tx = await db
    .startTransaction()
    .setIsolationLevel('repeatable read')
    .setAccessMode('read only')
    .execute()
  return {
    tx,
    async [Symbol.asyncDispose]() {
      // Nothing was written: a connection that is gone has nothing left to roll back, and the pool discards it.
      await tx
        .rollback()
        .execute()
        .catch(() => {})
    },
  }
}
