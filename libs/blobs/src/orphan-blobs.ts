import type { ActorId } from '@heronry/core/ids'
import type { Transaction } from '@heronry/db/in-transaction'
import { defineJob } from '@heronry/jobs/define-job'
import { enqueue } from '@heronry/jobs/enqueue'

/** Every blob of an actor that is no more becomes garbage, those that were taken down as well. */
export const orphanBlobs = defineJob({
  queue: 'blobs',
  name: 'orphan-blobs',
  parse(payload: unknown): { actorId: string } {
    const { actorId } = payload as { actorId?: unknown }
    if (typeof actorId !== 'string' || !/^\d{1,19}$/.test(actorId)) throw new Error('orphan-blobs: actorId')
    return { actorId }
  },
})

/** In the transaction that deletes the actor: its number is never given again. */
export async function enqueueOrphanBlobs(tx: Transaction, actorId: ActorId): Promise<void> {
  await enqueue(tx, orphanBlobs, { key: `actor-${actorId}`, payload: { actorId: String(actorId) } })
}
