import { isLegacyBlobRef, type LegacyBlobRef, parseCid } from '@atproto/lex-data'
import { isValidRecordKey } from '@atproto/syntax'
import { findBlobSize } from '@heronry/blobs/find-blob-size'
import { cidOf, type Digest, digestOf } from '@heronry/core/cid'
import { HeronryError } from '@heronry/core/error'
import type { ActorId } from '@heronry/core/ids'
import type { Database } from '@heronry/db/database'
import { hasRecord } from '@heronry/repo/has-record'

const collection = 'app.bsky.actor.profile'

export interface PutRequest {
  readonly actorId: ActorId
  readonly collection: string
  readonly rkey: string
  readonly record: Record<string, unknown>
}

/**
 * The record to put. Clients send a profile back as they have read it, and the oldest profiles have avatar and banner in a form that may
 * not be written any more: where the profile is there already, they become references of today. Whatever else is legacy is refused by
 * `prepareWrites`.
 *
 * Costs nothing where there is no such reference. A profile deleted meanwhile is created in today's form. Throws `BlobNotFound`.
 */
export async function upgradedProfile(db: Database, put: PutRequest): Promise<Record<string, unknown>> {
  const { actorId, rkey, record } = put
  if (put.collection !== collection || !isValidRecordKey(rkey)) return record
  const legacy = ['avatar', 'banner'].filter((field) => isLegacyBlobRef(record[field]))
  if (legacy.length === 0 || !(await hasRecord(db, { actorId, path: `${collection}/${rkey}` }))) return record
  const upgraded = { ...record }
  for (const field of legacy) {
    upgraded[field] = await upgradedBlob(db, { actorId, ref: record[field] as LegacyBlobRef })
  }
  return upgraded
}

async function upgradedBlob(
  db: Database,
  { actorId, ref: { cid: text, mimeType } }: { actorId: ActorId; ref: LegacyBlobRef },
) {
  const cid = digestOf(parseCid(text), 'raw')
  const size = cid === null ? undefined : await findBlobSize(db, { actorId, cid })
  if (size === undefined) throw new HeronryError('BlobNotFound', 'Blob not found')
  return { $type: 'blob', ref: cidOf(cid as Digest, 'raw'), mimeType, size }
}
