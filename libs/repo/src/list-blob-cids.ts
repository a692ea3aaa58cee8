import type { Digest } from '@heronry/core/cid'
import type { ActorId, StoreId } from '@heronry/core/ids'
import { type Rev, revNumber } from '@heronry/core/rev'
import type { Database } from '@heronry/db/database'
import { sql } from 'kysely'

export interface BlobCidPage {
  readonly actorId: ActorId
  readonly storeId: StoreId
  readonly limit: number
  /** The blob that the page before ended with. */
  readonly cursor?: Digest | undefined
  /** Only blobs of records written after this revision. */
  readonly since?: Rev | undefined
}

/**
 * A page of the blobs that records refer to and that are there, each once, in ascending order of their digests: neither those that were taken down
 * nor those that an account which has moved in has still to bring.
 */
export async function listBlobCids(db: Database, page: BlobCidPage): Promise<Digest[]> {
  const { actorId, storeId, cursor, since } = page
  const rows = await db
    .selectFrom('record_blob')
    .select('record_blob.cid')
    .distinct()
    .where('record_blob.store_id', '=', storeId)
    .$if(cursor !== undefined, (query) => query.where('record_blob.cid', '>', cursor as Digest))
    .where(isThere(actorId))
    .$if(since !== undefined, (query) => query.where(writtenAfter(since as Rev)))
    .orderBy('record_blob.cid')
    .limit(page.limit)
    .execute()
  return rows.map((row) => row.cid as Digest)
}

const isThere = (actorId: ActorId) => sql<boolean>`EXISTS (
  SELECT FROM blob WHERE blob.actor_id = ${actorId} AND blob.cid = record_blob.cid AND blob.takedown_ref IS NULL)`

const writtenAfter = (since: Rev) => sql<boolean>`EXISTS (
  SELECT FROM record
   WHERE record.store_id = record_blob.store_id AND record.path = record_blob.path
     AND record.rev > ${revNumber(since)})`
