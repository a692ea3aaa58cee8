import type { Digest } from '@heronry/core/cid'
import { HeronryError } from '@heronry/core/error'
import type { ActorId } from '@heronry/core/ids'
import type { Database } from '@heronry/db/database'
import { inTransaction } from '@heronry/db/in-transaction'
import { sql } from 'kysely'
import { blobStates } from './blob-state.ts'
import { adoptObject, doomObject } from './stray-objects.ts'

interface NewBlob {
  actorId: ActorId
  key: string
  blob: { digest: Digest; size: number; mime: string }
}

/**
 * Makes the actor's blob row hold the object, unless there is one for the same bytes already; returns the key that is held now. An
 * unreferenced row starts its grace anew and takes the new type; the type of a referenced one stays. Refuses what was taken down.
 */
export async function holdBlob(db: Database, { actorId, key, blob }: NewBlob): Promise<string> {
  return await inTransaction(db, { name: 'hold-blob' }, async (tx) => {
    const row = await tx
      .insertInto('blob')
      .values({
        actor_id: actorId,
        cid: blob.digest,
        object_key: key,
        mime: blob.mime,
        size: BigInt(blob.size),
        orphan_since: sql<Date>`now()`,
      })
      .onConflict((conflict) =>
        conflict.columns(['actor_id', 'cid']).doUpdateSet((column) => {
          const unreferenced = column('blob.state', '=', blobStates.unreferenced)
          return {
            orphan_since: column.case().when(unreferenced).then(sql<Date>`now()`).end(),
            mime: column.case().when(unreferenced).then(blob.mime).else(column.ref('blob.mime')).end(),
          }
        }),
      )
      .returning(['object_key', 'takedown_ref'])
      .executeTakeFirstOrThrow()
    if (row.takedown_ref !== null) {
      throw new HeronryError('InvalidRequest', 'Blob has been takendown, cannot re-upload')
    }
    if (row.object_key === key) await adoptObject(tx, key)
    else await doomObject(tx, key)
    return row.object_key
  })
}
