import type { Auth } from '@heronry/auth/create-auth'
import { assertPermitted } from '@heronry/auth/permissions'
import type { BlobObjects } from '@heronry/blobs/blob-objects'
import { uploadBlob as upload } from '@heronry/blobs/upload-blob'
import { cidOf } from '@heronry/core/cid'
import type { Database } from '@heronry/db/database'
import * as repo from '@heronry/lexicons/generated/com/atproto/repo'
import { markUploadedBlob } from '@heronry/repo/mark-uploaded-blob'
import { method } from '@heronry/xrpc/method'
import { uploadBlobRateLimit } from '../../../../rate-limits.ts'

export interface UploadDeps {
  auth: Auth
  db: Database
  objects: BlobObjects
  /** Bytes of one blob. */
  bytesMax: number
  /** The world sees it when the scanner has. */
  isHeld?: boolean | undefined
}

/**
 * A deactivated account may upload: that is how it moves in. A service that prepares a blob for somebody (a video) brings it with the
 * account's service token.
 */
export const uploadBlob = ({ auth, db, objects, bytesMax, isHeld = false }: UploadDeps) =>
  method(repo.uploadBlob, {
    auth: auth.sessionOrService({ reach: 'standard', acceptNarrowed: true, refuseTakendown: true }),
    rateLimit: uploadBlobRateLimit,
    bodyBytesMax: bytesMax,
    handler: async ({ input, auth: session, community }) => {
      const { encoding: declaredMime, body } = input
      if (session.type === 'session') assertPermitted(session, { blob: { mime: declaredMime } })
      const { id: actorId } = session.actor
      const owner = { actorId, communityId: community.id, quota: community.settings.blobQuota ?? {} }
      const blob = await upload({ db, objects }, { owner, body, declaredMime, bytesMax, isHeld })
      await markUploadedBlob(db, { actorId, cid: blob.cid })
      const ref = cidOf(blob.cid, 'raw')
      return { body: { blob: { $type: 'blob' as const, ref, mimeType: blob.mime, size: blob.size } } }
    },
  })
