import type { ActorId } from '@heronry/core/ids'
import type { Transaction } from '@heronry/db/in-transaction'

/** Takes away what is kept of an actor's jobs, for an actor that is deleted. One that runs this moment ends without a row. */
export async function forgetActor(tx: Transaction, actorId: ActorId): Promise<void> {
  await tx.deleteFrom('job_outbox').where('actor_id', '=', actorId).execute()
}
