import { HeronryError } from '@heronry/core/error'
import type { Database } from './database.ts'
import type { Transaction } from './in-transaction.ts'
import { snapshotsMax } from './limits.ts'

/** A read-only view of one moment, held by one connection until it is disposed. */
export interface Snapshot extends AsyncDisposable {
  readonly tx: Transaction
}

/**
 * Opens a REPEATABLE READ, READ ONLY transaction for a reader that answers while it reads (a generator, which cannot live inside
 * `inTransaction`). A reader that pauses longer than `idle_in_transaction_session_timeout` loses it: its next query fails.
 *
 * Such readers are as slow as whoever they answer: past `snapshotsMax` of one pool the next is `ServiceUnavailable`, so that
 * they can never take the connections that writes need.
 */
export async function openSnapshot(db: Database): Promise<Snapshot> {
  const others = open.get(db) ?? 0
  if (others >= snapshotsMax) {
    throw new HeronryError('ServiceUnavailable', 'Too many exports at once: try again in a moment')
  }
  open.set(db, others + 1)
  const close = () => void open.set(db, (open.get(db) ?? 1) - 1)
  const tx = await begin(db).catch((error: unknown) => {
    close()
    throw error
  })
  let closed = false
  return {
    tx,
    async [Symbol.asyncDispose]() {
      if (closed) return
      closed = true
      // Nothing was written: a connection that is gone has nothing left to roll back, and the pool discards it.
      await tx
        .rollback()
        .execute()
        .catch(() => {})
      close()
    },
  }
}

/** Snapshots that are open, by the pool they take their connection from. */
const open = new WeakMap<Database, number>()

function begin(db: Database) {
  return db.startTransaction().setIsolationLevel('repeatable read').setAccessMode('read only').execute()
}
