import { findActor } from '@heronry/accounts/actor'
import { placeHold } from '@heronry/blobs/legal-hold'
import { parseDigest } from '@heronry/core/cid'
import { parseDid } from '@heronry/core/did'
import { HeronryError } from '@heronry/core/error'
import { inTransaction } from '@heronry/db/in-transaction'
import * as admin from '@heronry/lexicons/generated/host/heronry/admin'
import { type AdminDeps, adminMethod } from '../../../../admin-method.ts'
import { heldSubjectName } from '../../../../blob-hold-body.ts'

export const placeBlobHold = (deps: AdminDeps) =>
  adminMethod(deps, admin.placeBlobHold, {
    handler: async ({ input: { body }, community }, trail) => {
      const did = parseDid(body.did)
      const cid = body.cid === undefined ? undefined : parseDigest(body.cid, 'raw')
      const { reason } = body
      trail.about({ subject: heldSubjectName({ did, cid }), reason })
      const communityId = community.id
      const actor = await findActor(deps.db, { communityId, didOrHandle: did })
      if (actor === undefined) throw new HeronryError('NotFound', 'Account not found')
      const hold = { communityId, actorId: actor.id, did, cid, reason }
      const placed = await inTransaction(deps.db, { name: 'place hold' }, async (tx) => {
        const { id, blobs } = await placeHold(tx, hold)
        await trail.done(tx, { after: { hold: String(id), blobs } })
        return { id: String(id), blobs }
      })
      return { body: placed }
    },
  })
