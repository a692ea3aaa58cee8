import type { Auth } from '@heronry/auth/create-auth'
import { cidString, parseDigest } from '@heronry/core/cid'
import type { Database } from '@heronry/db/database'
import * as repo from '@heronry/lexicons/generated/com/atproto/repo'
import { findRepo } from '@heronry/repo/find-repo'
import { listMissingBlobs as listMissing } from '@heronry/repo/list-missing-blobs'
import { method } from '@heronry/xrpc/method'
import { recordUri } from '../../../../record-uri.ts'

/** What an account that moved in has still to bring. The cursor is the last CID, given with every page that is not empty. */
export const listMissingBlobs = ({ auth, db }: { auth: Auth; db: Database }) =>
  method(repo.listMissingBlobs, {
    auth: auth.session({ reach: 'standard', acceptNarrowed: true }),
    handler: async ({ params, auth: { actor } }) => {
      const found = await findRepo(db, actor.id)
      if (found === undefined) return { body: { blobs: [] } }
      const missing = await listMissing(db, {
        actorId: actor.id,
        storeId: found.storeId,
        limit: params.limit,
        cursor: params.cursor === undefined ? undefined : parseDigest(params.cursor, 'raw'),
      })
      const blobs = missing.map(({ cid, path }) => ({
        cid: cidString(cid, 'raw'),
        recordUri: recordUri(actor.did, path),
      }))
      const cursor = blobs.at(-1)?.cid
      return { body: { blobs, ...(cursor !== undefined && { cursor }) } }
    },
  })
