import type { Database } from '@heronry/db/database'
import type { Transaction } from '@heronry/db/in-transaction'
import { defineJob } from '@heronry/jobs/define-job'
import { enqueue } from '@heronry/jobs/enqueue'
import { handle, type JobHandler } from '@heronry/jobs/handler'
import { withdraw } from '@heronry/jobs/withdraw'
import { unstage } from './unstage.ts'

const dropImport = defineJob({
  queue: 'imports',
  name: 'drop-import',
  parse(payload: unknown): { readonly importId: string } {
    const { importId } = payload as { importId?: unknown }
    if (typeof importId !== 'string' || !/^\d{1,19}$/.test(importId)) throw new Error('drop-import: importId')
    return { importId }
  },
})

/** Has what is left of an import taken away, unless `withdrawDropImport` comes before. */
export async function dropImportWhenDue(
  tx: Transaction,
  { importId, runAt }: { importId: bigint; runAt: Date },
): Promise<void> {
  await enqueue(tx, dropImport, { key: keyOf(importId), payload: { importId: String(importId) }, runAt })
}

export async function withdrawDropImport(tx: Transaction, importId: bigint): Promise<void> {
  await withdraw(tx, dropImport, keyOf(importId))
}

export function dropImportHandler({ db }: { db: Database }): JobHandler {
  return handle(dropImport, async ({ payload, signal }) => {
    const importId = BigInt(payload.importId)
    await unstage(db, importId, signal)
    await db.deleteFrom('repo_import').where('id', '=', importId).execute()
  })
}

function keyOf(importId: bigint): string {
  return `import-${importId}`
}
