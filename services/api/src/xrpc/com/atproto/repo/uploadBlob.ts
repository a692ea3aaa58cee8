import type { Auth } from '@heronry/auth/create-auth'
import { assertPermitted } from '@heronry/auth/permissions'
import type { BlobObjects } from '@heronry/blobs/blob-objects'
import { uploadBlob as upload } from '@heronry/blobs/upload-blob'
import { cidOf } from '@heronry/core/cid'
import type { Database } from '@heronry/db/database'
import * as repo from '@heronry/lexicons/generated/com/atproto/repo'
import { method } from '@heronry/xrpc/method'
import { uploadBlobRateLimit } from '../../../../rate-limits.ts'

export interface UploadDeps {
  auth: Auth
  db: Database
  objects: BlobObjects
  /** Bytes of one blob. */
  bytesMax: number
}

/**
 * A deactivated account may upload: that is how it moves in. A service that prepares a blob for somebody (a video) brings it with the
 * account's service token.
 */
export const uploadBlob = ({ auth, db, objects, bytesMax }: UploadDeps) =>
  method(repo.uploadBlob, {
    auth: auth.sessionOrService({ reach: 'standard', acceptNarrowed: true, refuseTakendown: true }),
    rateLimit: uploadBlobRateLimit,
    bodyBytesMax: bytesMax,
    handler: async ({ input, auth: session }) => {
      const { encoding: declaredMime, body } = input
      if (session.type !== 'delegated') assertPermitted(session, { blob: { mime: declaredMime } })
      const blob = await upload({ db, objects }, { actorId: session.actor.id, body, declaredMime, bytesMax })
      const ref = cidOf(blob.cid, 'raw')
      return { body: { blob: { $type: 'blob' as const, ref, mimeType: blob.mime, size: blob.size } } }
    },
  })
