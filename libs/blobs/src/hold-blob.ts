import type { Digest } from '@heronry/core/cid'
import { HeronryError } from '@heronry/core/error'
import type { ActorId, CommunityId } from '@heronry/core/ids'
import type { Database } from '@heronry/db/database'
import { inTransaction, type Transaction } from '@heronry/db/in-transaction'
import { sql } from 'kysely'
import { enqueueCare } from './blob-jobs.ts'
import { assertRoom, type BlobQuota } from './blob-quota.ts'
import { blobStates } from './blob-state.ts'
import { adoptObject, doomObject } from './stray-objects.ts'

export interface BlobOwner {
  readonly actorId: ActorId
  readonly communityId: CommunityId
  readonly quota: BlobQuota
}

interface NewBlob {
  owner: BlobOwner
  key: string
  blob: { digest: Digest; size: number; mime: string }
  /** The world does not see it before the scanner has. */
  isHeld: boolean
}

/**
 * Makes the actor's blob row hold the object, unless there is one for the same bytes already; returns the key that is held now. An
 * unreferenced row starts its grace anew and takes the new type; the type of a referenced one stays. What is new is charged, and looked at. A row
 * whose object was lost takes the new one.
 *
 * Errors: `InvalidRequest` for what was taken down, `BlobQuotaExceeded`.
 */
export async function holdBlob(db: Database, { owner, key, blob, isHeld }: NewBlob): Promise<string> {
  const { actorId } = owner
  return await inTransaction(db, { name: 'hold-blob' }, async (tx) => {
    const row = await putRow(tx, { owner, key, blob, isHeld })
    if (row.takedown_ref !== null) {
      throw new HeronryError('InvalidRequest', 'Blob has been takendown, cannot re-upload')
    }
    if (row.object_key === key) {
      await assertRoom(tx, owner)
      await adoptObject(tx, key)
      await enqueueCare(tx, { actorId, cid: blob.digest, mime: blob.mime, isHeld })
    } else {
      await doomObject(tx, key)
    }
    return row.object_key
  })
}

async function putRow(tx: Transaction, { owner, key, blob, isHeld }: NewBlob) {
  return await tx
    .insertInto('blob')
    .values({
      actor_id: owner.actorId,
      cid: blob.digest,
      object_key: key,
      mime: blob.mime,
      size: BigInt(blob.size),
      orphan_since: sql<Date>`now()`,
      held_since: isHeld ? sql<Date>`now()` : null,
    })
    .onConflict((conflict) =>
      conflict.columns(['actor_id', 'cid']).doUpdateSet((column) => {
        const unreferenced = column('blob.state', '=', blobStates.unreferenced)
        const isMissing = column('blob.missing_since', 'is not', null)
        return {
          object_key: column.case().when(isMissing).then(key).else(column.ref('blob.object_key')).end(),
          missing_since: null,
          orphan_since: column.case().when(unreferenced).then(sql<Date>`now()`).end(),
          uploaded_at: sql<Date>`now()`,
          mime: column.case().when(unreferenced).then(blob.mime).else(column.ref('blob.mime')).end(),
        }
      }),
    )
    .returning(['object_key', 'takedown_ref'])
    .executeTakeFirstOrThrow()
}
