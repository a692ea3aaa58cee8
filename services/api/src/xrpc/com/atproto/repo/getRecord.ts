import type { Auth } from '@heronry/auth/create-auth'
import { cidString } from '@heronry/core/cid'
import { HeronryError } from '@heronry/core/error'
import type { Database } from '@heronry/db/database'
import * as repo from '@heronry/lexicons/generated/com/atproto/repo'
import { method } from '@heronry/xrpc/method'
import { foreignRecord } from '../../../../foreign-record.ts'
import { lazyViewer } from '../../../../lazy-viewer.ts'
import type { Upstreams } from '../../../../proxy/upstreams.ts'
import { readRecord } from '../../../../read-hosted.ts'
import { recordAnswer } from '../../../../records-answer.ts'
import { mayRead } from '../../../../repo-of.ts'

/** A record as it is now, of a repo elsewhere as the AppView has it; an older version, by its `cid`, is kept by nobody. */
export const getRecord = ({ db, auth, upstreams }: { db: Database; auth: Auth; upstreams: Upstreams }) =>
  method(repo.getRecord, {
    handler: async ({ params, community, req, reply }) => {
      const path = `${params.collection}/${params.rkey}`
      const viewer = lazyViewer(auth, { req, reply, community, nsid: repo.getRecord.$lxm })
      const found = await readRecord(db, { communityId: community.id, didOrHandle: params.repo, path })
      if (found === undefined) {
        const foreign = await foreignRecord(upstreams, { community, req, reply })
        if (foreign !== undefined) return foreign
      }
      if (found !== undefined && (await mayRead(found, viewer))) {
        const { cid, value } = found.row
        const isVersion = cid !== null && (params.cid === undefined || params.cid === cidString(cid))
        if (isVersion && value !== null) return recordAnswer(found.actor.did, { path, cid, value })
      }
      throw new HeronryError('RecordNotFound', `Could not locate record: at://${params.repo}/${path}`)
    },
  })
