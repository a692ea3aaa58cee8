import { isValidRecordKey } from '@atproto/syntax'
import type { Auth } from '@heronry/auth/create-auth'
import { HeronryError } from '@heronry/core/error'
import type { Database } from '@heronry/db/database'
import * as repo from '@heronry/lexicons/generated/com/atproto/repo'
import { listRecords as listStoredRecords } from '@heronry/repo/list-records'
import { method } from '@heronry/xrpc/method'
import { lazyViewer } from '../../../../lazy-viewer.ts'
import { recordsAnswer, recordView } from '../../../../records-answer.ts'
import { repoOf } from '../../../../repo-of.ts'

/** The cursor is the last rkey, given with every page that is not empty. */
export const listRecords = ({ db, auth }: { db: Database; auth: Auth }) =>
  method(repo.listRecords, {
    handler: async ({ params, community, req, reply }) => {
      const { collection, limit, cursor, reverse } = params
      if (cursor !== undefined && !isValidRecordKey(cursor)) {
        throw new HeronryError('InvalidRequest', 'Malformed cursor')
      }
      const viewer = lazyViewer(auth, { req, reply, community, nsid: repo.listRecords.$lxm })
      const hosted = await repoOf(db, { community, didOrHandle: params.repo, viewer })
      if (hosted === undefined)
        throw new HeronryError('InvalidRequest', `Could not find repo: ${params.repo}`)
      const page = { storeId: hosted.repo.storeId, collection, limit, cursor, reverse }
      const found = await listStoredRecords(db, page)
      const records = found.map((record) => recordView(hosted.actor.did, record))
      const last = found.at(-1)?.path.slice(collection.length + 1)
      return recordsAnswer({ records, ...(last !== undefined && { cursor: last }) })
    },
  })
