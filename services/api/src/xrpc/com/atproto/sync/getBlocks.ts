import { parseCid } from '@atproto/lex-data'
import type { Auth } from '@heronry/auth/create-auth'
import { type Digest, digestOf } from '@heronry/core/cid'
import { HeronryError } from '@heronry/core/error'
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
      const cids = blockDigests(params.cids)
      const blocks = await findBlocks({ db, logger: log }, { actorId: actor.id, cids })
      return { encoding: carEncoding, buffer: encodeCar(null, blocks) }
    },
  })

/** A repo has blocks of DRISL alone, by their SHA-256: any other CID is one of a block that is not there. */
function blockDigests(cids: readonly string[]): Digest[] {
  const digests = cids.map((cid) => digestOf(parseCid(cid)))
  const absent = cids.filter((_, index) => digests[index] === null)
  if (absent.length > 0) throw new HeronryError('BlockNotFound', `Could not find cids: ${absent.join(', ')}`)
  return digests as Digest[]
}
