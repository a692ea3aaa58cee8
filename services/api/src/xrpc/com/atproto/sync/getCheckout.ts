import type { Auth } from '@heronry/auth/create-auth'
import type { Database } from '@heronry/db/database'
import * as sync from '@heronry/lexicons/generated/com/atproto/sync'
import { exportRepo } from '@heronry/repo/export-repo'
import { method } from '@heronry/xrpc/method'
import { carEncoding } from '../../../../car-encoding.ts'
import { getRepoRateLimit } from '../../../../rate-limits.ts'
import { requireRepo } from '../../../../repo-of.ts'

/** Deprecated: the whole of getRepo. */
export const getCheckout = ({ db, auth }: { db: Database; auth: Auth }) =>
  method(sync.getCheckout, {
    auth: auth.optional({ reach: 'standard' }),
    rateLimit: getRepoRateLimit,
    handler: async ({ params, community, auth: viewer, log }) => {
      const { actor } = await requireRepo(db, { community, didOrHandle: params.did, viewer })
      return { encoding: carEncoding, stream: exportRepo({ db, logger: log }, { actorId: actor.id }) }
    },
  })
