import type { Database } from '@heronry/db/database'
import { inTransaction } from '@heronry/db/in-transaction'
import { enqueue } from '@heronry/jobs/enqueue'
import type { Vault } from '@heronry/vault/vault'
import { retireDid } from './account-job-kinds.ts'
import { takeDraft } from './draft-store.ts'
import { retireDelayMs } from './limits.ts'

/**
 * Undoes a sign-up that did not get through, in one transaction: its names are free again, its key is gone, and its DID is to
 * be retired should the PLC directory have it. False where the draft is gone already: committed, or undone by somebody else.
 */
export async function abandonDraft(
  { db, vault }: { db: Database; vault: Vault },
  draftId: bigint,
): Promise<boolean> {
  return await inTransaction(db, { name: 'abandon draft' }, async (tx) => {
    const draft = await takeDraft(tx, draftId)
    if (draft === undefined) return false
    const { did, operation, actorId } = draft
    await vault.discard(tx, actorId)
    if (operation === null) return true
    const runAt = new Date(Date.now() + retireDelayMs)
    await enqueue(tx, retireDid, { payload: { did, operation, isSecondLook: false }, runAt })
    return true
  })
}
