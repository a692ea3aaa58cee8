import { parseDigest } from '@heronry/core/cid'
import type { EntrywayHouse } from './entryway-house.ts'

/** A record and a blob in somebody's repo, whose tree knows nothing of them; the record's URI. */
export async function storeRecordAndBlob(
  { db }: Pick<EntrywayHouse, 'db'>,
  { did, blobCid }: { did: string; blobCid: string },
): Promise<string> {
  const { id, store_id } = await db
    .selectFrom('actor')
    .innerJoin('repo', 'repo.actor_id', 'actor.id')
    .select(['actor.id', 'repo.store_id'])
    .where('did', '=', did)
    .executeTakeFirstOrThrow()
  const path = 'app.bsky.actor.profile/self'
  const digest = Buffer.alloc(32, 7)
  await db.insertInto('record').values({ store_id, path, cid: digest, rev: 1n, value: digest }).execute()
  const cid = parseDigest(blobCid, 'raw')
  const blob = { actor_id: id, cid, object_key: did, mime: 'image/png', size: 1n }
  await db.insertInto('blob').values(blob).execute()
  return `at://${did}/${path}`
}
