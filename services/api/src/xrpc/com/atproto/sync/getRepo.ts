import type { Auth } from '@heronry/auth/create-auth'
import { parseRev } from '@heronry/core/rev'
import type { Database } from '@heronry/db/database'
import * as sync from '@heronry/lexicons/generated/com/atproto/sync'
import { method } from '@heronry/xrpc/method'
import { carEncoding } from '../../../../car-encoding.ts'
import { type Exports, openExport } from '../../../../exports.ts'
import { getRepoRateLimit } from '../../../../rate-limits.ts'
import { requireRepo } from '../../../../repo-of.ts'

/** The repo as it is when its first byte is read, in tree order; it ends with the client. */
export const getRepo = ({ db, auth, exports }: { db: Database; auth: Auth; exports: Exports }) =>
  method(sync.getRepo, {
    auth: auth.optional({ reach: 'standard', acceptTakendown: true }),
    rateLimit: getRepoRateLimit,
    isExemptFromGlobalLimit: true,
    handler: async ({ params, community, auth: viewer, ...call }) => {
      const { actor } = await requireRepo(db, { community, didOrHandle: params.did, viewer })
      const since = params.since === undefined ? undefined : parseRev(params.since)
      const stream = openExport({ db, exports }, { query: { actorId: actor.id, since }, call })
      return { encoding: carEncoding, stream }
    },
  })
