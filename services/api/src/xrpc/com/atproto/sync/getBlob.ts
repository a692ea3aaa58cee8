import type { Auth } from '@heronry/auth/create-auth'
import type { BlobObjects } from '@heronry/blobs/blob-objects'
import { findBlob } from '@heronry/blobs/find-blob'
import { openBlob } from '@heronry/blobs/open-blob'
import { cidString, parseDigest } from '@heronry/core/cid'
import type { Database } from '@heronry/db/database'
import * as sync from '@heronry/lexicons/generated/com/atproto/sync'
import { method } from '@heronry/xrpc/method'
import { blobAnswer, dispositionOf, redirected } from '../../../../blob-answer.ts'
import { type BlobRedirect, blobLocation } from '../../../../blob-redirect.ts'
import { requireRepo } from '../../../../repo-of.ts'

interface BlobDeps {
  db: Database
  auth: Auth
  objects: BlobObjects
  redirect: BlobRedirect | undefined
}

/** A blob's bytes, or a range of them. They are a member's: nothing in them may run in a browser under this host. */
export const getBlob = (deps: BlobDeps) =>
  method(sync.getBlob, {
    auth: deps.auth.optional({ reach: 'standard', acceptTakendown: true }),
    handler: async (call) => {
      const { params, community, auth: viewer, req } = call
      const { actor } = await requireRepo(deps.db, { community, didOrHandle: params.did, viewer })
      const digest = parseDigest(params.cid, 'raw')
      const cid = cidString(digest, 'raw')
      const blob = await findBlob(deps.db, { actorId: actor.id, cid: digest })
      const { head, sendsBytes, range } = blobAnswer(req, { cid, ...blob })
      if (!sendsBytes) return { ...head, buffer: new Uint8Array() }
      const location = await blobLocation(deps, { ...blob, disposition: dispositionOf(cid) })
      if (location !== undefined) return redirected(location, cid)
      return { ...head, stream: await openBlob(deps, { blob, range, signal: call.signal }) }
    },
  })
