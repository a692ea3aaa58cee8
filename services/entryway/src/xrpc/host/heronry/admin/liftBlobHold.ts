import { liftHold } from '@heronry/blobs/legal-hold'
import { HeronryError } from '@heronry/core/error'
import { inTransaction } from '@heronry/db/in-transaction'
import * as admin from '@heronry/lexicons/generated/host/heronry/admin'
import { type AdminDeps, adminMethod } from '../../../../admin-method.ts'
import { blobHoldBody, heldSubjectName } from '../../../../blob-hold-body.ts'

export const liftBlobHold = (deps: AdminDeps) =>
  adminMethod(deps, admin.liftBlobHold, {
    handler: async ({ input: { body }, community }, trail) => {
      const { id, reason } = body
      trail.about({ reason })
      if (!/^\d{1,18}$/.test(id)) throw new HeronryError('InvalidRequest', 'A hold is named by its number')
      const lifted = await inTransaction(deps.db, { name: 'lift hold' }, async (tx) => {
        const hold = await liftHold(tx, { communityId: community.id, id: BigInt(id) })
        if (hold === undefined) throw new HeronryError('NotFound', 'There is no such hold')
        await trail.done(tx, { subject: heldSubjectName(hold), before: { hold: id, reason: hold.reason } })
        return hold
      })
      return { body: blobHoldBody(lifted) }
    },
  })
