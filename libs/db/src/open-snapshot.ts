import { sql } from 'kysely'
import type { Database } from './database.ts'
import type { Transaction } from './in-transaction.ts'
import { snapshotMsMax } from './limits.ts'
import { takeSnapshotSlot } from './snapshot-slots.ts'

/** A read-only view of one moment, held by one connection until it is disposed. */
export interface Snapshot extends AsyncDisposable {
  readonly tx: Transaction
}

export interface SnapshotOptions {
  /** The Postgres role that reads; that of the connection unless said. */
  readonly role?: string | undefined
  /** How long to wait for one of the others to end, where there are too many. */
  readonly waitMs?: number
  /** Of Postgres, for this transaction. */
  readonly settings?: Readonly<Record<string, string>>
}

/**
 * Opens a REPEATABLE READ, READ ONLY transaction for a reader that answers while it reads (a generator, which cannot live inside
 * `inTransaction`). A reader that pauses longer than `idle_in_transaction_session_timeout` loses it: its next query fails. So does
 * one that is not done after `snapshotMsMax`, from Postgres 17 on even where nobody listens to Postgres any more.
 *
 * Such readers are as slow as whoever they answer: past `snapshotsMax` of one pool the next waits, and is `ServiceUnavailable` after
 * `waitMs`, so that they can never take the connections that writes need.
 */
export async function openSnapshot(db: Database, options: SnapshotOptions = {}): Promise<Snapshot> {
  const giveBack = await takeSnapshotSlot(db, options.waitMs ?? 0)
  const tx = await begin(db, options).catch((error: unknown) => {
    giveBack()
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
      giveBack()
    },
  }
}

async function begin(db: Database, { role, settings = {} }: SnapshotOptions) {
  const tx = await db
    .startTransaction()
    .setIsolationLevel('repeatable read')
    .setAccessMode('read only')
    .execute()
  try {
    const ms = String(snapshotMsMax)
    const own = Object.entries({ ...settings, ...(role !== undefined && { role }) })
    const set = own.map(([name, value]) => sql`set_config(${name}, ${value}, true)`)
    await sql`SELECT set_config('statement_timeout', ${ms}, true),
      CASE WHEN current_setting('transaction_timeout', true) <> '' THEN set_config('transaction_timeout', ${ms}, true) END,
      ${sql.join([sql`NULL`, ...set])}`.execute(tx)
    return tx
  } catch (error) {
    await tx.rollback().execute()
    throw error
  }
}
