import type { Auth } from '@heronry/auth/create-auth'
import { cidString } from '@heronry/core/cid'
import { HeronryError } from '@heronry/core/error'
import type { Database } from '@heronry/db/database'
import * as repo from '@heronry/lexicons/generated/com/atproto/repo'
import { getRecord as getStoredRecord, type StoredRecord } from '@heronry/repo/get-record'
import { method } from '@heronry/xrpc/method'
import { lazyViewer } from '../../../../lazy-viewer.ts'
import { recordsAnswer, recordView } from '../../../../records-answer.ts'
import { repoOf } from '../../../../repo-of.ts'

/** A record as it is now; an older version, by its `cid`, is kept by nobody. */
export const getRecord = ({ db, auth }: { db: Database; auth: Auth }) =>
  method(repo.getRecord, {
    handler: async ({ params, community, req, reply }) => {
      const path = `${params.collection}/${params.rkey}`
      const viewer = lazyViewer(auth, { req, reply, community, nsid: repo.getRecord.$lxm })
      const hosted = await repoOf(db, { community, didOrHandle: params.repo, viewer })
      const record = hosted && (await getStoredRecord(db, { storeId: hosted.repo.storeId, path }))
      if (hosted === undefined || record === undefined || !isVersion(record, params.cid)) {
        throw new HeronryError('RecordNotFound', `Could not locate record: at://${params.repo}/${path}`)
      }
      return recordsAnswer(recordView(hosted.actor.did, record))
    },
  })

function isVersion({ cid }: StoredRecord, asked: string | undefined): boolean {
  return asked === undefined || asked === cidString(cid)
}
