import type { Auth } from '@heronry/auth/create-auth'
import type { BlobObjects } from '@heronry/blobs/blob-objects'
import { findBlob } from '@heronry/blobs/find-blob'
import { openBlob } from '@heronry/blobs/open-blob'
import { cidString, parseDigest } from '@heronry/core/cid'
import type { Database } from '@heronry/db/database'
import * as sync from '@heronry/lexicons/generated/com/atproto/sync'
import { method } from '@heronry/xrpc/method'
import { blobAnswer } from '../../../../blob-answer.ts'
import { requireRepo } from '../../../../repo-of.ts'

/** A blob's bytes, or a range of them. They are a member's: nothing in them may run in a browser under this host. */
export const getBlob = (deps: { db: Database; auth: Auth; objects: BlobObjects }) =>
  method(sync.getBlob, {
    auth: deps.auth.optional({ reach: 'standard', acceptTakendown: true }),
    handler: async ({ params, community, auth: viewer, req }) => {
      const { actor } = await requireRepo(deps.db, { community, didOrHandle: params.did, viewer })
      const cid = parseDigest(params.cid, 'raw')
      const blob = await findBlob(deps.db, { actorId: actor.id, cid })
      const answer = blobAnswer(req, { cid: cidString(cid, 'raw'), ...blob })
      if (!answer.sendsBytes) return { ...answer.head, buffer: new Uint8Array() }
      const { stream } = await openBlob(deps, { actorId: actor.id, cid, range: answer.range })
      return { ...answer.head, stream }
    },
  })
