import { isValidRecordKey } from '@atproto/syntax'
import type { Auth } from '@heronry/auth/create-auth'
import { HeronryError } from '@heronry/core/error'
import type { Database } from '@heronry/db/database'
import * as repo from '@heronry/lexicons/generated/com/atproto/repo'
import { listRecords as listStoredRecords } from '@heronry/repo/list-records'
import { recordsOfPage } from '@heronry/repo/records-of-page'
import { method } from '@heronry/xrpc/method'
import { lazyViewer } from '../../../../lazy-viewer.ts'
import { readPage } from '../../../../read-hosted.ts'
import { recordsAnswer } from '../../../../records-answer.ts'
import { mayRead } from '../../../../repo-of.ts'

/** The cursor is the last rkey, given with every page that is not empty. */
export const listRecords = ({ db, auth }: { db: Database; auth: Auth }) =>
  method(repo.listRecords, {
    handler: async ({ params, community, req, reply }) => {
      const { collection, limit, cursor, reverse = false } = params
      if (cursor !== undefined && !isValidRecordKey(cursor)) {
        throw new HeronryError('InvalidRequest', 'Malformed cursor')
      }
      const viewer = lazyViewer(auth, { req, reply, community, nsid: repo.listRecords.$lxm })
      const page = { collection, limit, cursor, reverse }
      const found = await readPage(db, { communityId: community.id, didOrHandle: params.repo, ...page })
      if (found === undefined || !(await mayRead(found, viewer))) {
        throw new HeronryError('InvalidRequest', `Could not find repo: ${params.repo}`)
      }
      const { storeId, row } = found
      const records = recordsOfPage(row) ?? (await listStoredRecords(db, { storeId, ...page }))
      const last = records.at(-1)?.path.slice(collection.length + 1)
      return recordsAnswer(found.actor.did, records, last)
    },
  })
