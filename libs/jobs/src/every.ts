import type { Database } from '@heronry/db/database'
import { inTransaction, type Transaction } from '@heronry/db/in-transaction'
import { untraced } from '@heronry/telemetry/span'
import { enqueue } from './enqueue.ts'
import type { JobHandler } from './handler.ts'

/** Makes sure that every recurring job has its row; any number of processes may do so at once. */
export async function ensureRecurring(db: Database, handlers: readonly JobHandler[]): Promise<void> {
  await inTransaction(db, { name: 'ensure-recurring' }, async (tx) => {
    for (const handler of handlers) {
      if (handler.everyMs !== undefined) await enqueueRun(tx, handler, new Date())
    }
  })
}

/** Called in the transaction that ends a run, so that there always is exactly one open row. */
export async function enqueueNext(tx: Transaction, handler: JobHandler): Promise<void> {
  if (handler.everyMs !== undefined) await enqueueRun(tx, handler, new Date(Date.now() + handler.everyMs))
}

async function enqueueRun(tx: Transaction, { kind }: JobHandler, runAt: Date): Promise<void> {
  await untraced(() => enqueue(tx, kind, { payload: {}, key: `every:${kind.name}`, runAt }))
}
