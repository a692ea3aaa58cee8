import type { Auth } from '@heronry/auth/create-auth'
import { parseDigest } from '@heronry/core/cid'
import type { Database } from '@heronry/db/database'
import * as sync from '@heronry/lexicons/generated/com/atproto/sync'
import { encodeCar } from '@heronry/repo/car'
import { findBlocks } from '@heronry/repo/find-blocks'
import { method } from '@heronry/xrpc/method'
import { carEncoding } from '../../../../car-encoding.ts'
import { requireRepo } from '../../../../repo-of.ts'

/** A CAR without a root. */
export const getBlocks = ({ db, auth }: { db: Database; auth: Auth }) =>
  method(sync.getBlocks, {
    auth: auth.optional({ reach: 'standard' }),
    handler: async ({ params, community, auth: viewer, log }) => {
      const { actor } = await requireRepo(db, { community, didOrHandle: params.did, viewer })
      const cids = params.cids.map((cid) => parseDigest(cid))
      const blocks = await findBlocks({ db, logger: log }, { actorId: actor.id, cids })
      return { encoding: carEncoding, buffer: encodeCar(null, blocks) }
    },
  })
