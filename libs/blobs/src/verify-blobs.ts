import { createHash } from 'node:crypto'
import { type Digest, digestsEqual } from '@heronry/core/cid'
import { isHeronryError } from '@heronry/core/error'
import type { ActorId } from '@heronry/core/ids'
import type { Database } from '@heronry/db/database'
import type { BlobAt } from './blob-jobs.ts'
import type { BlobObjects } from './blob-objects.ts'
import { reconcilePageSize } from './limits.ts'

export interface VerifiedBlob extends BlobAt {
  readonly size: number
  /** `altered`: the bytes are not those of the CID. */
  readonly verdict: 'whole' | 'missing' | 'altered'
}

/** Reads blobs and hashes what was read: of one actor, or of all. Changes nothing. */
export async function* verifyBlobs(
  { db, objects }: { db: Database; objects: BlobObjects },
  actorId?: ActorId,
): AsyncGenerator<VerifiedBlob> {
  let after: BlobAt | undefined = { actorId: 0n as ActorId, cid: new Uint8Array() as Digest }
  while (after !== undefined) {
    const rows: StoredBlob[] = await rowsBehind(db, { after, actorId })
    for (const { key, ...blob } of rows)
      yield { ...blob, verdict: await verdictOf(objects, { key, ...blob }) }
    after = rows.at(-1)
  }
}

interface StoredBlob extends BlobAt {
  readonly key: string
  readonly size: number
}

async function rowsBehind(
  db: Database,
  { after, actorId }: { after: BlobAt; actorId: ActorId | undefined },
): Promise<StoredBlob[]> {
  const rows = await db
    .selectFrom('blob')
    .select(['actor_id', 'cid', 'object_key', 'size'])
    .where(({ eb, refTuple, tuple }) =>
      eb(refTuple('actor_id', 'cid'), '>', tuple(after.actorId as bigint, after.cid as Uint8Array)),
    )
    .$if(actorId !== undefined, (query) => query.where('actor_id', '=', actorId as ActorId))
    .orderBy('actor_id')
    .orderBy('cid')
    .limit(reconcilePageSize)
    .execute()
  return rows.map((row) => ({
    actorId: row.actor_id as ActorId,
    cid: row.cid as Digest,
    key: row.object_key,
    size: Number(row.size),
  }))
}

async function verdictOf(objects: BlobObjects, { key, cid }: StoredBlob): Promise<VerifiedBlob['verdict']> {
  try {
    const hash = createHash('sha256')
    const { stream } = await objects.open(key)
    for await (const chunk of stream) hash.update(chunk)
    return digestsEqual(hash.digest(), cid) ? 'whole' : 'altered'
  } catch (error) {
    if (isHeronryError(error, 'BlobNotFound')) return 'missing'
    throw error
  }
}
