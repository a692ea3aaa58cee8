import type { Auth } from '@heronry/auth/create-auth'
import type { Database } from '@heronry/db/database'
import * as sync from '@heronry/lexicons/generated/com/atproto/sync'
import { method } from '@heronry/xrpc/method'
import { carEncoding } from '../../../../car-encoding.ts'
import { type Exports, openExport } from '../../../../exports.ts'
import { getRepoRateLimit } from '../../../../rate-limits.ts'
import { requireRepo } from '../../../../repo-of.ts'

/** Deprecated: the whole of getRepo. */
export const getCheckout = ({ db, auth, exports }: { db: Database; auth: Auth; exports: Exports }) =>
  method(sync.getCheckout, {
    auth: auth.optional({ reach: 'standard' }),
    rateLimit: getRepoRateLimit,
    handler: async ({ params, community, auth: viewer, ...call }) => {
      const { actor } = await requireRepo(db, { community, didOrHandle: params.did, viewer })
      const stream = openExport({ db, exports }, { query: { actorId: actor.id }, call })
      return { encoding: carEncoding, stream }
    },
  })
