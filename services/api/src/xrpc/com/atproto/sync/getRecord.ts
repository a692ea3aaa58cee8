import type { Auth } from '@heronry/auth/create-auth'
import type { Database } from '@heronry/db/database'
import * as sync from '@heronry/lexicons/generated/com/atproto/sync'
import { proveRecord } from '@heronry/repo/record-proof'
import { method } from '@heronry/xrpc/method'
import { carEncoding } from '../../../../car-encoding.ts'
import { requireRepo } from '../../../../repo-of.ts'

/** The proof that a record is in the repo, or that it is not: an absent record is no error. */
export const getRecord = ({ db, auth }: { db: Database; auth: Auth }) =>
  method(sync.getRecord, {
    auth: auth.optional({ reach: 'standard' }),
    handler: async ({ params, community, auth: viewer, log }) => {
      const { actor } = await requireRepo(db, { community, didOrHandle: params.did, viewer })
      const path = `${params.collection}/${params.rkey}`
      const buffer = await proveRecord({ db, logger: log }, { actorId: actor.id, path })
      return { encoding: carEncoding, buffer }
    },
  })
