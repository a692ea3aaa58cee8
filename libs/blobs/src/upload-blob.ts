import type { Digest } from '@heronry/core/cid'
import { HeronryError, isHeronryError } from '@heronry/core/error'
import type { CommunityId } from '@heronry/core/ids'
import type { Database } from '@heronry/db/database'
import { assertNoTransaction } from '@heronry/db/in-transaction'
import { blobMime } from './blob-mime.ts'
import type { BlobObjects } from './blob-objects.ts'
import { isBlockedDigest } from './block-list.ts'
import { type BlobOwner, holdBlob } from './hold-blob.ts'
import { uploadTimeoutMs } from './limits.ts'
import { measureBody } from './measured-body.ts'
import { newObjectKey } from './object-key.ts'
import { announceObject, deleteStrays, doomObject } from './stray-objects.ts'
import { untilAborted } from './until-aborted.ts'

export interface BlobUpload {
  owner: BlobOwner
  /** Decoded: what the limit and the digest count. It is not destroyed where the upload fails: its owner answers first. */
  body: AsyncIterable<Uint8Array>
  /** The request's Content-Type. */
  declaredMime: string | undefined
  bytesMax: number
  /** The client is gone. */
  signal?: AbortSignal
  timeoutMs?: number
  /** A scanner has to see it before the world does. */
  isHeld?: boolean
}

export interface UploadedBlob {
  cid: Digest
  mime: string
  size: number
}

/**
 * Stores a blob while it streams in, and makes it ready to be referenced: it has temporaryGraceMs for its first reference. The same
 * bytes twice cost one object.
 *
 * Order: stray record, object, blob row. kill -9 after the first or the second → the collection finds the stray record after
 * uploadGraceMs and deletes whatever lies under its key. Any failure leaves neither row nor object.
 *
 * Errors: `PayloadTooLarge`; `UpstreamTimeout`; `InvalidRequest` for a blob that was taken down or is blocked; `BlobQuotaExceeded`; what the store
 * and `body` throw.
 */
export async function uploadBlob(
  { db, objects }: { db: Database; objects: BlobObjects },
  { owner, body, declaredMime, bytesMax, signal, timeoutMs = uploadTimeoutMs, isHeld = false }: BlobUpload,
): Promise<UploadedBlob> {
  assertNoTransaction('uploadBlob')
  const timeout = AbortSignal.timeout(timeoutMs)
  const ending = signal === undefined ? timeout : AbortSignal.any([timeout, signal])
  const source = untilAborted(body, ending)
  const { head, chunks, measures } = await measureBody(source, { bytesMax }).catch(explained(timeout))
  const mime = await blobMime(head, declaredMime)
  const key = newObjectKey(owner.actorId)
  await announceObject(db, key)
  try {
    await objects.put(key, chunks, { mime })
    const blob = { ...measures(), mime }
    await assertNotBlocked(db, { communityId: owner.communityId, digest: blob.digest })
    const held = await holdBlob(db, { owner, key, blob, isHeld })
    if (held !== key) await dropObject({ db, objects }, key)
    return { cid: blob.digest, mime, size: blob.size }
  } catch (error) {
    await dropObject({ db, objects }, key)
    return explained(timeout)(error)
  }
}

async function assertNotBlocked(
  db: Database,
  blob: { communityId: CommunityId; digest: Digest },
): Promise<void> {
  if (!(await isBlockedDigest(db, blob))) return
  throw new HeronryError('InvalidRequest', 'This blob may not be stored here')
}

/** Tries at once what the collection does later anyway: when this fails, the stray record stands. */
async function dropObject(deps: { db: Database; objects: BlobObjects }, key: string): Promise<void> {
  try {
    await doomObject(deps.db, key)
    await deleteStrays(deps, [key])
  } catch {
    // The upload's own outcome is what its client hears of.
  }
}

function explained(timeout: AbortSignal): (error: unknown) => never {
  return (error) => {
    if (!timeout.aborted || isHeronryError(error)) throw error
    throw new HeronryError('UpstreamTimeout', 'Operation timed out, please try again.', { cause: error })
  }
}
