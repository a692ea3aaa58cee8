import type { Auth } from '@heronry/auth/create-auth'
import { cidString, parseDigest } from '@heronry/core/cid'
import { parseRev } from '@heronry/core/rev'
import type { Database } from '@heronry/db/database'
import * as sync from '@heronry/lexicons/generated/com/atproto/sync'
import { listBlobCids } from '@heronry/repo/list-blob-cids'
import { method } from '@heronry/xrpc/method'
import { requireRepo } from '../../../../repo-of.ts'

/** What records refer to and can be had. The cursor is the last CID, given with every page that is not empty. */
export const listBlobs = ({ db, auth }: { db: Database; auth: Auth }) =>
  method(sync.listBlobs, {
    auth: auth.optional({ reach: 'standard', acceptTakendown: true }),
    handler: async ({ params, community, auth: viewer }) => {
      const { actor, repo } = await requireRepo(db, { community, didOrHandle: params.did, viewer })
      const found = await listBlobCids(db, {
        actorId: actor.id,
        storeId: repo.storeId,
        limit: params.limit,
        cursor: params.cursor === undefined ? undefined : parseDigest(params.cursor, 'raw'),
        since: params.since === undefined ? undefined : parseRev(params.since),
      })
      const cids = found.map((digest) => cidString(digest, 'raw'))
      const cursor = cids.at(-1)
      return { body: { cids, ...(cursor !== undefined && { cursor }) } }
    },
  })
