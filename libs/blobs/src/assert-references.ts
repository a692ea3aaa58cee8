import type { BlobRef } from '@heronry/core/blob-ref'
import { cidString } from '@heronry/core/cid'
import { HeronryError } from '@heronry/core/error'
import type { ActorId } from '@heronry/core/ids'
import type { Database } from '@heronry/db/database'
import { sql } from 'kysely'
import { blobStates } from './blob-state.ts'

/**
 * What a record says of its blobs is true: each is there, and one that is referenced for the first time has the type and size that
 * were stored. Asked before a write is signed; the commit statement asks again whether they are there.
 *
 * Errors: `BlobNotFound`, `InvalidMimeType`, `InvalidSize`.
 */
export async function assertReferences(
  db: Database,
  { actorId, blobs }: { actorId: ActorId; blobs: readonly BlobRef[] },
): Promise<void> {
  if (blobs.length === 0) return
  const rows = await db
    .selectFrom('blob')
    .select(['cid', 'mime', 'size', 'state'])
    .where('actor_id', '=', actorId)
    .where(sql<boolean>`cid = ANY(${blobs.map((blob) => Buffer.from(blob.cid))}::bytea[])`)
    .where('state', 'in', Object.values(blobStates))
    .where('takedown_ref', 'is', null)
    .execute()
  const stored = new Map(rows.map((row) => [hex(row.cid), row]))
  for (const { cid, mime, size } of blobs) {
    const row = stored.get(hex(cid))
    if (row === undefined) {
      throw new HeronryError('BlobNotFound', `Could not find blob: ${cidString(cid, 'raw')}`)
    }
    if (row.state === blobStates.referenced) continue
    if (row.mime !== mime) throw mismatch('InvalidMimeType', 'Mimetype', { expected: row.mime, got: mime })
    if (Number(row.size) !== size) throw mismatch('InvalidSize', 'Size', { expected: row.size, got: size })
  }
}

function mismatch(
  code: 'InvalidMimeType' | 'InvalidSize',
  what: string,
  { expected, got }: { expected: unknown; got: unknown },
): HeronryError {
  return new HeronryError(
    code,
    `Referenced ${what} does not match stored blob. Expected: ${expected}, Got: ${got}`,
  )
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
