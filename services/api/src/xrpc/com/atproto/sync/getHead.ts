import type { Auth } from '@heronry/auth/create-auth'
import { cidString } from '@heronry/core/cid'
import type { Database } from '@heronry/db/database'
import * as sync from '@heronry/lexicons/generated/com/atproto/sync'
import { method } from '@heronry/xrpc/method'
import { requireRepo } from '../../../../repo-of.ts'

/** Deprecated: the `cid` of getLatestCommit. */
export const getHead = ({ db, auth }: { db: Database; auth: Auth }) =>
  method(sync.getHead, {
    auth: auth.optional({ reach: 'standard' }),
    handler: async ({ params, community, auth: viewer }) => {
      const { repo } = await requireRepo(db, { community, didOrHandle: params.did, viewer })
      return { body: { root: cidString(repo.head) } }
    },
  })
