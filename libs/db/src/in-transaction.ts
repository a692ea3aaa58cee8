import { AsyncLocalStorage } from 'node:async_hooks'
import type { Transaction as KyselyTransaction } from 'kysely'
import type { Database } from './database.ts'
import type { Tables } from './tables.ts'

export type Transaction = KyselyTransaction<Tables>

const current = new AsyncLocalStorage<string>()

/**
 * Runs `body` in one READ COMMITTED transaction: the only way to begin one. It commits when `body` resolves and rolls back
 * when it throws. A connection lost while committing leaves the outcome unknown: the caller that cares reads it again.
 *
 * `name` says in an error or a trace which transaction it was.
 */
export function inTransaction<T>(
  db: Database,
  { name }: { name: string },
  body: (tx: Transaction) => Promise<T>,
): Promise<T> {
  return current.run(name, () => db.transaction().execute(body))
}

/** Called by every wrapper that leaves the house (S3, Redis, mail, fetch): a transaction must not wait for the network. */
export function assertNoTransaction(what: string): void {
  const name = current.getStore()
  if (name !== undefined) throw new Error(`${what} inside the transaction ${name}`)
}
